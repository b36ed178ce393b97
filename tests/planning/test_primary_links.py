"""Where the target tells the main one of many links apart."""

from types import SimpleNamespace
from typing import Any

from sdrbot_skills.model.plan import LinkMapping
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.planning.links import propose_links

MANY = LinkType(name="participants", object="d", to_object="p", label="Participants", standard="deal.person")
MAIN = LinkType(
    name="person_id", object="d", to_object="p", label="Contact person", field="person_id", single=True,
    primary_of="participants",
)  # fmt: skip


def proposed(*ours: LinkType) -> list[LinkMapping]:
    def side(deals: tuple[LinkType, ...]) -> Any:
        return SimpleNamespace(links={"d": list(deals)})

    deals: Any = SimpleNamespace(
        source=SimpleNamespace(name="d"), target=SimpleNamespace(name="d"), ours=side(ours), theirs=side((MANY, MAIN))
    )
    people: Any = SimpleNamespace(source=SimpleNamespace(name="p"), target=SimpleNamespace(name="p"))
    return propose_links(deals, {"deals": deals, "contacts": people})


def test_the_first_of_many_becomes_the_main_one() -> None:
    contact = LinkType(name="contact", object="d", to_object="p", label="", standard="deal.person")
    assert proposed(contact) == [
        LinkMapping.of("contact", "participants", "contacts"),
        LinkMapping.of("contact", "person_id", "contacts"),
    ]


def test_the_main_one_of_the_source_stays_the_main_one() -> None:
    assert proposed(MANY, MAIN) == [
        LinkMapping.of("participants", "participants", "contacts"),
        LinkMapping.of("person_id", "person_id", "contacts"),
    ]
