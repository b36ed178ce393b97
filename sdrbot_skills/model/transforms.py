"""The names a plan may use as `transform`, with their settings. `sdrbot_skills.script.transforms` holds the function of each name.

Planning checks plans against this table without importing anything that runs in the sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sdrbot_skills.model.values import LIST_KINDS, Kind

ANY = frozenset(Kind)
PLAIN = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE})


@dataclass(frozen=True)
class TransformSpec:
    """How a transform may be used: how many source fields it reads, its settings, and between which kinds it goes.

    `gives` `None` means: the kind it was given. `settings` maps each name to its Python type; `needed` lists those without a default.
    """

    about: str
    sources: tuple[int, int | None] = (1, 1)
    settings: Mapping[str, type] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    takes: frozenset[Kind] = ANY
    gives: frozenset[Kind] | None = None


TRANSFORMS: Mapping[str, TransformSpec] = {
    "all_of": TransformSpec(
        "the entries of several lists or texts as one list, each once",
        sources=(1, None),
        takes=LIST_KINDS | PLAIN,
        gives=LIST_KINDS,
    ),
    "amount_in": TransformSpec(
        "an amount in one of these currencies as the same number in another: nothing is converted",
        settings={"currency": str, "instead_of": list},
        needed=("currency", "instead_of"),
        takes=frozenset({Kind.MONEY}),
        gives=frozenset({Kind.MONEY}),
    ),
    "amount_of": TransformSpec(
        "the amount of money, without its currency",
        takes=frozenset({Kind.MONEY}),
        gives=frozenset({Kind.DECIMAL}),
    ),
    "constant": TransformSpec(
        "the same value for every record", sources=(0, 0), settings={"value": object}, needed=("value",)
    ),
    "date_of": TransformSpec(
        "the day of a time, in a time zone (UTC if none is named)",
        settings={"zone": str},
        takes=frozenset({Kind.INSTANT, Kind.DATE}),
        gives=frozenset({Kind.DATE}),
    ),
    "days_after": TransformSpec(
        "the day so many days after a day or time",
        settings={"days": int, "zone": str},
        needed=("days",),
        takes=frozenset({Kind.INSTANT, Kind.DATE}),
        gives=frozenset({Kind.DATE}),
    ),
    "domain_of": TransformSpec(
        "the domain of an e-mail or web address",
        takes=frozenset({Kind.EMAILS, Kind.URLS, *PLAIN}),
        gives=PLAIN,
    ),
    "domains_of": TransformSpec(
        "the domains of e-mail or web addresses, as a list",
        takes=frozenset({Kind.EMAILS, Kind.URLS, *PLAIN}),
        gives=frozenset({Kind.URLS}),
    ),
    "first": TransformSpec("the first of several fields that has a value", sources=(1, None)),
    "instant_of": TransformSpec(
        "the moment at which a day begins, in a time zone (UTC if none is named)",
        settings={"zone": str},
        takes=frozenset({Kind.DATE, Kind.INSTANT}),
        gives=frozenset({Kind.INSTANT}),
    ),
    "integer_of": TransformSpec(
        "a whole number; a record whose number is not whole is rejected",
        takes=frozenset({Kind.DECIMAL, Kind.INTEGER, *PLAIN}),
        gives=frozenset({Kind.INTEGER}),
    ),
    "join": TransformSpec(
        "several fields, or the entries of a list, as one text",
        sources=(1, None),
        settings={"separator": str},
        gives=frozenset({Kind.TEXT, Kind.LONG_TEXT}),
    ),
    "list_of": TransformSpec("a list with this one entry", takes=PLAIN, gives=LIST_KINDS),
    "lower": TransformSpec("in lower case", takes=frozenset({Kind.EMAILS, Kind.URLS, *PLAIN})),
    "money_of": TransformSpec(
        "a number as money, in a currency (the account's own if none is named)",
        settings={"currency": str},
        takes=frozenset({Kind.DECIMAL, Kind.INTEGER, Kind.MONEY}),
        gives=frozenset({Kind.MONEY}),
    ),
    "number_of": TransformSpec(
        "a number; a record whose text is not a number is rejected",
        takes=frozenset({Kind.INTEGER, Kind.DECIMAL, *PLAIN}),
        gives=frozenset({Kind.DECIMAL}),
    ),
    "opt_out": TransformSpec(
        "true where the person has opted out, and nothing otherwise: nobody is ever subscribed again",
        takes=frozenset({Kind.CONSENT, Kind.BOOLEAN}),
        gives=frozenset({Kind.CONSENT, Kind.BOOLEAN}),
    ),
    "phones_in": TransformSpec(
        "telephone numbers with their country: one without is read as a number of `country`; with `own_country`, the last field is the "
        "record's own country (two letters), which goes before",
        sources=(1, None),
        settings={"country": str, "own_country": bool},
        needed=("country",),
        takes=frozenset({Kind.PHONES, *PLAIN}),
        gives=frozenset({Kind.PHONES}),
    ),
    "primary": TransformSpec("the first entry of a list", takes=LIST_KINDS, gives=PLAIN),
    "rest": TransformSpec("the entries of a list after the first", takes=LIST_KINDS, gives=LIST_KINDS),
    "split": TransformSpec(
        "the entries of a text, as a list",
        settings={"separator": str},
        takes=PLAIN,
        gives=LIST_KINDS,
    ),
    "split_name_first": TransformSpec(
        "a full name without its last word", takes=PLAIN, gives=frozenset({Kind.TEXT, Kind.LONG_TEXT})
    ),
    "split_name_last": TransformSpec(
        "the last word of a full name", takes=PLAIN, gives=frozenset({Kind.TEXT, Kind.LONG_TEXT})
    ),
    "text_of": TransformSpec("anything, written out as text", gives=frozenset({Kind.TEXT, Kind.LONG_TEXT})),
    "trim": TransformSpec("without spaces around it", takes=frozenset({Kind.EMAILS, Kind.PHONES, Kind.URLS, *PLAIN})),
    "upper": TransformSpec("in upper case", takes=PLAIN),
    "yes_no": TransformSpec(
        "true or false from a text such as yes, no, 1, 0; a record with another text is rejected",
        takes=frozenset({Kind.BOOLEAN, Kind.CONSENT, *PLAIN}),
        gives=frozenset({Kind.BOOLEAN, Kind.CONSENT}),
    ),
}
