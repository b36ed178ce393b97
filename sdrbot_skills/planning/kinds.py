"""Which kinds of value fit into which. The engine converts between kinds by itself (`sdrbot_skills.model.convert`); here is what makes sense."""

from __future__ import annotations

import re
from typing import NamedTuple

from sdrbot_skills.model.plan import Otherwise, Transform
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import LIST_KINDS, TEXT_KINDS, Kind

_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_TIMES = frozenset({Kind.DATE, Kind.INSTANT})
_OPTIONS = frozenset({Kind.CHOICE, Kind.CHOICES})
_TRUTHS = frozenset({Kind.BOOLEAN, Kind.CONSENT})
_NEVER = frozenset({Kind.REFERENCE, Kind.FILE})
_FROM_TEXT = (
    frozenset({Kind.EMAILS, Kind.PHONES, Kind.URLS, Kind.INTEGER, Kind.DECIMAL, Kind.MONEY, Kind.DATE, Kind.BOOLEAN})
    | _OPTIONS
)
_TYPED_BY_HAND = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY, Kind.DATE})
"""What text may or may not be: a birthday as `12 May` is left out and counted, its person is carried all the same."""

OPT_OUT = Transform(name="opt_out")


class Bridge(NamedTuple):
    """How a value gets from one field to another. `values`: option by option, through a value map."""

    transform: Transform | None = None
    values: bool = False
    otherwise: Otherwise = Otherwise.REJECT


def bridge(source: Field, target: Field) -> Bridge | None:
    """How a value of one field can fill another, or `None` where it cannot."""
    pair = {source.kind, target.kind}
    if not possible(source.kind, target.kind):
        return None
    if Kind.CONSENT in pair:
        return Bridge(OPT_OUT)
    if source.kind is Kind.CHOICE and target.kind in _TYPED_BY_HAND and not _all_numbers(source):
        return None
    if source.kind in TEXT_KINDS and target.kind in _TYPED_BY_HAND:
        return Bridge(otherwise=Otherwise.REJECT if target.required else Otherwise.NOTE)
    otherwise = Otherwise.TRUNCATE if loses(source, target) else Otherwise.REJECT
    return Bridge(values=_by_options(source, target), otherwise=otherwise)


def possible(source: Kind, target: Kind) -> bool:
    """Whether values of one kind make sense in a field of the other."""
    if _NEVER & {source, target} or (Kind.USER in (source, target) and source != target):
        return False
    if Kind.CONSENT in (source, target):
        return {source, target} <= _TRUTHS
    families = (_NUMBERS, _TIMES, _OPTIONS, TEXT_KINDS)
    related = source == target or any({source, target} <= family for family in families)
    chosen = source in _TRUTHS and target is Kind.CHOICE
    return related or chosen or target in TEXT_KINDS or (source in TEXT_KINDS | {Kind.CHOICE} and target in _FROM_TEXT)


def _all_numbers(source: Field) -> bool:
    return bool(source.options) and all(re.fullmatch(r"-?\d+(\.\d+)?", option.value) for option in source.options)


def _by_options(source: Field, target: Field) -> bool:
    """Whether options have to be translated: into the target's, or into words where the target has none."""
    if target.kind is Kind.USER:
        return True
    if target.kind in _OPTIONS:
        return bool(target.options)
    return source.kind is Kind.CHOICE and target.kind in TEXT_KINDS and bool(source.options)


def loses(source: Field, target: Field) -> str | None:
    """What is certain to be cut in some records, in words, or `None`: the rest is carried and the loss counted."""
    if source.kind in LIST_KINDS and target.kind in LIST_KINDS and target.capacity:
        more = source.capacity is None or source.capacity > target.capacity
        return f"of several entries the first {target.capacity}" if more else None
    if source.kind is Kind.CHOICES and target.kind is Kind.CHOICE:
        return "of several entries the first"
    if source.kind is Kind.INSTANT and target.kind is Kind.DATE:
        return "the day without the time"
    return None
