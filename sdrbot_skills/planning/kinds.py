"""Which kinds of value fit into which, and the transform that takes one to the other."""

from __future__ import annotations

from typing import NamedTuple

from sdrbot_skills.model.plan import Transform
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import LIST_KINDS, TEXT_KINDS, Kind

_ADDRESSES = frozenset({Kind.EMAILS, Kind.PHONES, Kind.URLS})
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_NEVER = frozenset({Kind.REFERENCE, Kind.FILE})

_BY_PAIR: dict[tuple[Kind, Kind], str] = {
    (Kind.INTEGER, Kind.DECIMAL): "number_of",
    (Kind.DECIMAL, Kind.INTEGER): "integer_of",
    (Kind.INTEGER, Kind.MONEY): "money_of",
    (Kind.DECIMAL, Kind.MONEY): "money_of",
    (Kind.MONEY, Kind.DECIMAL): "amount_of",
    (Kind.DATE, Kind.INSTANT): "instant_of",
    (Kind.INSTANT, Kind.DATE): "date_of",
    (Kind.BOOLEAN, Kind.CONSENT): "opt_out",
    (Kind.CONSENT, Kind.CONSENT): "opt_out",
    (Kind.CONSENT, Kind.BOOLEAN): "opt_out",
    (Kind.CHOICES, Kind.CHOICE): "primary",
    (Kind.CHOICE, Kind.CHOICES): "list_of",
    (Kind.CHOICE, Kind.BOOLEAN): "yes_no",
}

_FROM_TEXT: dict[Kind, str | None] = {
    Kind.CHOICE: None,
    Kind.CHOICES: "split",
    Kind.EMAILS: "list_of",
    Kind.PHONES: "list_of",
    Kind.URLS: "list_of",
    Kind.INTEGER: "integer_of",
    Kind.DECIMAL: "number_of",
    Kind.BOOLEAN: "yes_no",
}


class Bridge(NamedTuple):
    """How a value gets from one kind to another; `values`: option by option, through a value map."""

    transform: Transform | None = None
    values: bool = False


def bridge(source: Field, target: Field, zone: str = "UTC") -> Bridge | None:
    """How a value of one field can fill another, or `None` where it cannot. `zone` says which day a time belongs to."""
    pair = (source.kind, target.kind)
    if _NEVER & set(pair) or (Kind.USER in pair and pair != (Kind.USER, Kind.USER)):
        return None
    values = _by_options(source, target)
    if pair in _BY_PAIR:
        settings = {"zone": zone} if _BY_PAIR[pair] in ("date_of", "instant_of") else {}
        return Bridge(Transform(name=_BY_PAIR[pair], settings=settings), values)
    if source.kind == target.kind or {*pair} <= TEXT_KINDS:
        return Bridge(values=values)
    if target.kind in TEXT_KINDS:
        return _to_text(source)
    if source.kind in TEXT_KINDS and target.kind in _FROM_TEXT:
        name = _FROM_TEXT[target.kind]
        return Bridge(Transform(name=name) if name else None, values)
    if pair == (Kind.BOOLEAN, Kind.CHOICE):
        return Bridge(values=True)
    return None


def _by_options(source: Field, target: Field) -> bool:
    """Whether options have to be translated: the target has a list and the source says something of its own."""
    if target.kind is Kind.USER:
        return True
    return target.kind in (Kind.CHOICE, Kind.CHOICES) and bool(target.options)


def _to_text(source: Field) -> Bridge:
    if source.kind is Kind.CHOICE:
        return Bridge(values=True)
    if source.kind in LIST_KINDS:
        return Bridge(Transform(name="join", settings={"separator": "; "}))
    return Bridge(Transform(name="text_of"))


def loses(source: Field, target: Field) -> str | None:
    """What may be lost between two fields, in words, or `None`."""
    if source.kind in LIST_KINDS and target.capacity and target.capacity < (source.capacity or target.capacity + 1):
        return f"only {target.capacity} of several entries fits" if target.kind in LIST_KINDS else None
    if source.kind is Kind.INSTANT and target.kind is Kind.DATE:
        return "the time of day is dropped"
    if source.kind is Kind.MONEY and target.kind in _NUMBERS - {Kind.MONEY}:
        return "the currency is dropped"
    if target.max_length and (source.max_length or 0) > target.max_length and target.kind in TEXT_KINDS | _ADDRESSES:
        return f"at most {target.max_length} characters fit"
    return None
