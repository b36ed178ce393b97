"""Word lists of the demo company: places, names, trades, titles. Invented, in the scripts that customers write in."""

from typing import NamedTuple


class Place(NamedTuple):
    """A country with cities, a phone number pattern, and given and family names as (native, ASCII)."""

    country: str
    phone: str
    cities: tuple[str, ...]
    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]
    weight: int


def _same(words: str) -> tuple[tuple[str, str], ...]:
    return tuple((word, word) for word in words.split())


def _pairs(words: str) -> tuple[tuple[str, str], ...]:
    return tuple((native, ascii_) for native, _, ascii_ in (word.partition("/") for word in words.split()))


PLACES = (
    Place(
        "United States",
        "+1 212 555 01##",
        ("Portland", "Duluth", "Savannah", "Boulder", "Albany", "Tucson"),
        _same("Avery Brooke Calvin Dorothy Elias Farrah Gideon Harper Imani Jasper Keira Leland Marlow Nadia Orson"),
        _same(
            "Ashgrove Bellweather Corwin Dunmore Everhart Fairbanks Greyling Holloway Kingsley Larkspur Merriweather"
        ),
        30,
    ),
    Place(
        "United Kingdom",
        "+44 20 7946 0###",
        ("Leeds", "Bristol", "Dundee", "Norwich", "Cardiff"),
        _same("Alistair Beatrix Cedric Daphne Edmund Freya Gareth Hattie Isla Jolyon Kit Lowri Morag Nigel Oona"),
        _same("Applegarth Birtwhistle Cholmondeley Drummond Entwistle Featherstone Garside Heathcote Inglewood"),
        18,
    ),
    Place(
        "Germany",
        "+49 30 23125 ###",
        ("Lübeck", "Göttingen", "Münster", "Jena", "Köln"),
        _pairs(
            "Jürgen/juergen Käthe/kaethe Björn/bjoern Antje/antje Lothar/lothar Wiebke/wiebke Götz/goetz Ulrike/ulrike"
        ),
        _pairs(
            "Müllenbach/muellenbach Weißgerber/weissgerber Kröger/kroeger Östreich/oestreich Tannhäuser/tannhaeuser"
        ),
        14,
    ),
    Place(
        "France",
        "+33 1 99 00 ## ##",
        ("Besançon", "Nîmes", "Orléans", "Angers"),
        _pairs("Aurélie/aurelie Gaël/gael Hélène/helene Loïc/loic Océane/oceane Rémi/remi Théo/theo Zoé/zoe"),
        _pairs("Beauséjour/beausejour Châtelain/chatelain Dépardon/depardon Lefrançois/lefrancois Préaux/preaux"),
        9,
    ),
    Place(
        "Spain",
        "+34 910 050 ###",
        ("León", "Cádiz", "Logroño", "Málaga"),
        _pairs("Begoña/begona Íñigo/inigo Martín/martin Nuria/nuria Ramón/ramon Sofía/sofia Toñi/toni"),
        _pairs("Cañizares/canizares Ibáñez/ibanez Muñiz/muniz Peñalver/penalver Zúñiga/zuniga"),
        7,
    ),
    Place(
        "Poland",
        "+48 22 100 0# ##",
        ("Łódź", "Gdańsk", "Poznań"),
        _pairs("Bożena/bozena Łukasz/lukasz Małgorzata/malgorzata Paweł/pawel Zofia/zofia"),
        _pairs("Dąbrowiecki/dabrowiecki Gołębiewska/golebiewska Śliwiński/sliwinski Żurawska/zurawska"),
        6,
    ),
    Place(
        "Japan",
        "+81 3 4590 0###",
        ("松本", "金沢", "Sendai"),
        _pairs("葵/aoi 健太/kenta 美咲/misaki 陽斗/haruto さくら/sakura"),
        _pairs("白川/shirakawa 藤崎/fujisaki 大和田/owada 小野寺/onodera 星野/hoshino"),
        6,
    ),
    Place(
        "China",
        "+86 10 5550 0###",
        ("苏州", "Chengdu", "青岛"),
        _pairs("明慧/minghui 子轩/zixuan 雨桐/yutong 思远/siyuan"),
        _pairs("欧阳/ouyang 慕容/murong 司徒/situ 上官/shangguan"),
        4,
    ),
    Place(
        "Greece",
        "+30 21 0300 0###",
        ("Βόλος", "Patras"),
        _pairs("Ελένη/eleni Γιώργος/giorgos Δήμητρα/dimitra Νίκος/nikos"),
        _pairs("Παπαδάκης/papadakis Καλογερόπουλος/kalogeropoulos Μαυρίδου/mavridou"),
        3,
    ),
    Place(
        "Egypt",
        "+20 2 2100 0###",
        ("القاهرة", "Alexandria"),
        _pairs("ليلى/layla يوسف/youssef مريم/maryam كريم/karim"),
        _pairs("النجار/elnaggar الشاذلي/elshazly المصري/elmasry"),
        3,
    ),
)

TRADES = (
    ("Logistics", "LOGISTICS_AND_SUPPLY_CHAIN"),
    ("Foods", "FOOD_BEVERAGES"),
    ("Instruments", "MEDICAL_DEVICES"),
    ("Studio", "DESIGN"),
    ("Software", "COMPUTER_SOFTWARE"),
    ("Marine", "MARITIME"),
    ("Textiles", "TEXTILES"),
    ("Energy", "RENEWABLES_ENVIRONMENT"),
    ("Printworks", "PRINTING"),
    ("Advisory", "MANAGEMENT_CONSULTING"),
    ("Machinery", "MACHINERY"),
    ("Hospitality", "HOSPITALITY"),
)
FIRST = [
    "Alder",
    "Amber",
    "Basalt",
    "Beacon",
    "Bracken",
    "Cinder",
    "Clover",
    "Copper",
    "Cypress",
    "Drift",
    "Ember",
    "Fathom",
    "Fennel",
    "Gable",
    "Granite",
    "Harbour",
    "Hazel",
    "Heron",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lantern",
    "Linden",
    "Maple",
    "Meridian",
    "Nettle",
    "Oriel",
    "Osprey",
    "Pebble",
    "Quarry",
    "Raven",
    "Saltmarsh",
    "Sorrel",
    "Tamarind",
    "Thistle",
    "Umber",
    "Verdant",
    "Willow",
    "Yarrow",
    "Zephyr",
]
SECOND = [
    "Bridge",
    "Cross",
    "Field",
    "Gate",
    "Hollow",
    "Key",
    "Lane",
    "March",
    "Point",
    "Reach",
    "Row",
    "Sound",
    "Vale",
    "Yard",
]
TITLES = [
    "Head of Purchasing",
    "Operations Lead",
    "Managing Director",
    "Finance Manager",
    "Marketing Coordinator",
    "Plant Manager",
    "IT Administrator",
    "Office Manager",
    "Chief Executive",
    "Sales Engineer",
    "Buyer",
    "Founder",
]
PROJECTS = [
    "Annual service plan",
    "Warehouse rollout",
    "Replacement order",
    "Pilot phase",
    "Framework agreement",
    "Spare parts",
    "Training days",
    "Second site",
    "Upgrade",
    "Consulting package",
]
NOTES = (
    "Met at the autumn fair.\nWants a quote for two sites — first one in spring.\n\n- call back after the 15th\n- send the "
    "data sheet",
    'Asked for "the blue one", i.e. model 7 <without frame>.\nPayment: 30 days; discount 2 %.',
    "Prefers e-mail; never phone before 10:00.\r\nAssistant: ask for Ms. Núñez.",
    "重要なお客様です。\n来月もう一度連絡する。",
)
STREETS = ["Mill Lane", "Station Road", "Quay Street", "Orchard Way", "Foundry Yard", "Chapel Row", "Weir Terrace"]
LIFECYCLE = (
    "subscriber",
    "lead",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "customer",
)
