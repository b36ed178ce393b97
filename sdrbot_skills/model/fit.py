"""What a target field can hold.

`fitter(field, frame)` gives a plain function from a canonical value of any kind to one of the field's kind that the field can hold. It raises
`Misfit` with one of these rules, and the plan's `otherwise` says what happens then:

too_long, broken_text, blanks_dropped (harmless: carried and noted), loses_values, unknown_option, unlisted_option (harmless), loses_precision,
number_too_large, loses_time, not_a_date, not_a_number, not_a_boolean, invalid_email, invalid_phone, loses_extension, invalid_url, not_a_probability,
other_currency, unknown_currency and mixed_currencies (both harmless).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from sdrbot_skills.model.convert import Convert, Frame, Misfit, converter
from sdrbot_skills.model.fit_text import entries_check, sound, text_fitter
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import TEXT_KINDS, Kind

Fit = Convert
Check = Callable[[Any], Any]

LARGEST_DIGITS = 15
"""What a field that names no limit of its own holds: numbers go as JSON numbers, which are exact to 15 digits (IEEE 754 binary64)."""

_MADE_OF_TEXT = frozenset({Kind.CHOICE, Kind.ADDRESS, Kind.PERSON_NAME, Kind.REFERENCE, Kind.USER, Kind.FILE})


def fitter(field: Field, frame: Frame) -> Fit:
    """The function that converts a value to the field's kind and checks that the field can hold it; `None` means nothing was in it."""
    if field.kind in TEXT_KINDS:
        return text_fitter(field)
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
    if kind in (Kind.EMAILS, Kind.PHONES, Kind.URLS):
        return entries_check(field)
    if kind is Kind.CHOICE and (field.options or field.restricted):
        return _option(field)
    if kind is Kind.CHOICES:
        return _options(field)
    if field.standard == "deal.probability":
        return _probability(_number(field.precision, field.scale))
    if kind in (Kind.INTEGER, Kind.DECIMAL):
        return _number(field.precision, field.scale)
    if kind is Kind.MONEY:
        return _money(field, frame)
    return _as_it_is if kind in _MADE_OF_TEXT else None


def _as_it_is(value: Any) -> Any:
    sound(value)
    return value


def _known_options(field: Field) -> frozenset[str]:
    return frozenset(option.value for option in field.options if option.active)


def _option(field: Field) -> Check:
    known, restricted = _known_options(field), field.restricted

    def check(value: str) -> str:
        if value in known:
            return value
        if restricted:
            raise Misfit("unknown_option", "The value is not an option of the field.")
        sound(value)
        raise Misfit("unlisted_option", "The value is not a listed option; the field takes it.", value, harmless=True)

    return check


def _options(field: Field) -> Check:
    known, restricted, capacity = _known_options(field), field.restricted, field.capacity

    def check(values: list[str]) -> list[str]:
        values = list(dict.fromkeys(values))
        unknown = [value for value in values if value not in known] if known or restricted else []
        # Some vendors join a set by semicolons: there a new value with one of its own would become two.
        if unknown and (restricted or any(";" in value for value in unknown)):
            message = f"{len(unknown)} of {len(values)} values are not options of the field."
            raise Misfit("unknown_option", message, [value for value in values if value in known] or None)
        if capacity and len(values) > capacity:
            raise Misfit("loses_values", f"The field holds {capacity}; the value has {len(values)}.", values[:capacity])
        if unknown:
            sound(values)
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
        if not isinstance(value, Decimal):
            return value
        if len(value.as_tuple().digits) > LARGEST_DIGITS:
            _exact(value)
        if step is None:
            return value
        try:
            rounded = value.quantize(step, ROUND_HALF_EVEN)
        except InvalidOperation:
            raise Misfit("number_too_large", "The value has more digits than any field holds.") from None
        if rounded != value:
            raise Misfit("loses_precision", f"The field holds {scale} decimals; the value has more.", rounded)
        return value

    return check


def _probability(number: Check) -> Check:
    """A fraction of one in canonical spelling: 50 where 0.5 was meant would be carried as 5000 %."""

    def check(value: Any) -> Any:
        if not 0 <= value <= 1:
            raise Misfit("not_a_probability", "A probability lies between 0 and 1 (0 and 100 %); the value does not.")
        return number(value)

    return check


def _exact(value: Decimal) -> None:
    """Numbers travel as JSON numbers, which most servers read into a binary float."""
    travelled = Decimal(repr(float(value)))
    if travelled != value:
        message = f"A number that travels to a CRM is exact to {LARGEST_DIGITS} digits; the value has more."
        raise Misfit("loses_precision", message, travelled)


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
