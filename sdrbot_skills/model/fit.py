"""What a target field can hold.

`fitter(field, frame)` gives a plain function from a canonical value of any kind to one of the field's kind that the field can hold. It raises
`Misfit` with one of these rules, and the plan's `otherwise` says what happens then:

too_long, loses_values, unknown_option, unlisted_option (harmless: carried and noted), loses_precision, number_too_large, loses_time,
not_a_date, not_a_number, not_a_boolean, invalid_email, invalid_phone, other_currency, unknown_currency and mixed_currencies (both harmless).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from sdrbot_skills.model.convert import Convert, Frame, Misfit, converter
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import TEXT_KINDS, Kind

Fit = Convert
Check = Callable[[Any], Any]

LARGEST_DIGITS = 15
"""What a field that names no limit of its own holds: numbers go as JSON numbers, which are exact to 15 digits (IEEE 754 binary64)."""

_EMAIL = re.compile(r"[^@\s;,<>()\"]+@[^@\s;,<>()\".]+(?:\.[^@\s;,<>()\".]+)+")


def fitter(field: Field, frame: Frame) -> Fit:
    """The function that converts a value to the field's kind and checks that the field can hold it; `None` means nothing was in it."""
    if field.kind in TEXT_KINDS and field.max_length:
        return _text_of_length(field.max_length)
    convert = converter(field.kind, frame)
    check = _check(field, frame)
    if check is None:
        return convert

    def fit(value: Any) -> Any:
        converted = convert(value)
        return None if converted is None else check(converted)

    return fit


def _check(field: Field, frame: Frame) -> Check | None:
    kind = field.kind
    if kind is Kind.EMAILS:
        return _entries(field, "invalid_email", lambda entry: _EMAIL.fullmatch(entry) is not None)
    if kind is Kind.PHONES:
        return _entries(field, "invalid_phone", lambda entry: any(character.isdigit() for character in entry))
    if kind is Kind.URLS:
        return _entries(field, "invalid_url", bool)
    if kind is Kind.CHOICE:
        return _option(field) if field.options or field.restricted else None
    if kind is Kind.CHOICES:
        return _options(field)
    if kind in (Kind.INTEGER, Kind.DECIMAL):
        return _number(field.precision, field.scale)
    if kind is Kind.MONEY:
        return _money(field, frame)
    return None


def _text_of_length(longest: int) -> Fit:
    """One function for the most frequent case."""
    convert = converter(Kind.TEXT, Frame())

    def fit(value: Any) -> str | None:
        text: str | None = value if type(value) is str and value else convert(value)
        if text is not None and len(text) > longest:
            message = f"The field holds {longest} characters; the value has {len(text)}."
            raise Misfit("too_long", message, text[:longest])
        return text

    return fit


def _entries(field: Field, rule: str, valid: Callable[[str], bool]) -> Check:
    """Lists of e-mails, telephone numbers, addresses of pages: each entry valid and short enough, and not more than there is room for."""
    capacity, longest = field.capacity, field.max_length

    def check(entries: list[str]) -> list[str]:
        good = [entry for entry in entries if valid(entry)]
        if len(good) != len(entries):
            message = f"{len(entries) - len(good)} of {len(entries)} entries are not valid."
            raise Misfit(rule, message, good[:capacity] or None)
        if longest and any(len(entry) > longest for entry in entries):
            raise Misfit("too_long", f"The field holds {longest} characters; an entry has more.")
        if capacity and len(entries) > capacity:
            message = f"The field holds {capacity}; the value has {len(entries)}."
            raise Misfit("loses_values", message, entries[:capacity])
        return entries

    return check


def _known_options(field: Field) -> frozenset[str]:
    return frozenset(option.value for option in field.options if option.active)


def _option(field: Field) -> Check:
    known, restricted = _known_options(field), field.restricted

    def check(value: str) -> str:
        if value in known:
            return value
        if restricted:
            raise Misfit("unknown_option", "The value is not an option of the field.")
        raise Misfit("unlisted_option", "The value is not a listed option; the field takes it.", value, harmless=True)

    return check


def _options(field: Field) -> Check:
    known, restricted, capacity = _known_options(field), field.restricted, field.capacity

    def check(values: list[str]) -> list[str]:
        unknown = [value for value in values if value not in known] if known or restricted else []
        if unknown and restricted:
            message = f"{len(unknown)} of {len(values)} values are not options of the field."
            raise Misfit("unknown_option", message, [value for value in values if value in known] or None)
        if capacity and len(values) > capacity:
            raise Misfit("loses_values", f"The field holds {capacity}; the value has {len(values)}.", values[:capacity])
        if unknown:
            message = f"{len(unknown)} of {len(values)} values are not listed options; the field takes them."
            raise Misfit("unlisted_option", message, values, harmless=True)
        return values

    return check


def _number(precision: int | None, scale: int | None) -> Check:
    step = Decimal(1).scaleb(-scale) if scale is not None else None
    too_large = Decimal(10) ** (LARGEST_DIGITS if precision is None else precision - (scale or 0))
    holds = (
        f"No CRM keeps more than {LARGEST_DIGITS} digits exactly."
        if precision is None
        else f"The field holds {precision} digits, {scale or 0} of them decimals."
    )

    def check(value: Any) -> Any:
        if abs(value) >= too_large:
            raise Misfit("number_too_large", holds)
        if step is None or not isinstance(value, Decimal):
            return value
        try:
            rounded = value.quantize(step, ROUND_HALF_EVEN)
        except InvalidOperation:
            raise Misfit("number_too_large", "The value has more digits than any field holds.") from None
        if rounded != value:
            raise Misfit("loses_precision", f"The field holds {scale} decimals; the value has more.", rounded)
        return value

    return check


def _money(field: Field, frame: Frame) -> Check:
    number, named = _number(field.precision, field.scale), field.own_currency or field.currency_field is not None

    def check(value: dict[str, Any]) -> dict[str, Any]:
        amount, currency = value["amount"], value["currency"] or frame.source_currency
        _check_currency(field, frame, currency)
        try:
            number(amount)
        except Misfit as misfit:
            if misfit.shortened is not None:
                misfit.shortened = {"amount": misfit.shortened, "currency": currency}
            raise
        fitting = {"amount": amount, "currency": currency}
        if currency and not named and not frame.target_currency:
            raise _unnamed(currency, frame, fitting)
        return fitting

    return check


def _check_currency(field: Field, frame: Frame, currency: str | None) -> None:
    """Money never goes in at face value under another currency's name."""
    if currency is None or field.own_currency:
        return
    if field.currency_field is not None:
        if frame.currencies is not None and currency not in frame.currencies:
            raise Misfit(
                "other_currency", f"The target has no {currency}; it has {', '.join(sorted(frame.currencies))}."
            )
        return
    if frame.target_currency and currency != frame.target_currency:
        raise Misfit("other_currency", f"The field is in {frame.target_currency}; the value is in {currency}.")


def _unnamed(currency: str, frame: Frame, fitting: dict[str, Any]) -> Misfit:
    """For a target that does not say what its money is in: the amount goes as a plain number, and the person is told."""
    if frame.source_currency and currency != frame.source_currency:
        message = f"Not in the source's usual {frame.source_currency}, and the target tells no currency: these amounts become plain numbers as they are."
        return Misfit("mixed_currencies", message, fitting, harmless=True)
    message = f"The target tells no currency. Amounts in {currency} become plain numbers: make sure that its money is in {currency}."
    return Misfit("unknown_currency", message, fitting, harmless=True)
