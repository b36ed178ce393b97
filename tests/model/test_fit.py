"""What fits into a field, and by which rule it does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdrbot_skills.model.convert import Frame, Misfit, converter
from sdrbot_skills.model.fit import fitter
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind, instant_from_milliseconds

OPTIONS = (Option(value="a", label="A"), Option(value="b", label="B"), Option(value="old", label="Old", active=False))
BERLIN = Frame(source_zone=ZoneInfo("Europe/Berlin"), target_zone=ZoneInfo("Europe/Berlin"))


def field(kind: Kind, **more: Any) -> Field:
    return Field(name="f", label="F", kind=kind, vendor_type="x", **more)


PROBABILITY = field(Kind.DECIMAL, standard="deal.probability")
FITS = [
    (field(Kind.TEXT, max_length=5), "short", "short"),
    (field(Kind.TEXT), True, "true"),
    (field(Kind.TEXT), Decimal("1E+3"), "1000"),
    (field(Kind.TEXT), ["a", "b"], "a; b"),
    (
        field(Kind.TEXT),
        {"street": "1 Road", "city": None, "region": None, "postal_code": "X", "country": None},
        "1 Road, X",
    ),
    (field(Kind.INTEGER), Decimal("3.0"), 3),
    (field(Kind.INTEGER), "12", 12),
    (field(Kind.DECIMAL), "1.50", Decimal("1.50")),
    (field(Kind.BOOLEAN), "Yes", True),
    (field(Kind.EMAILS), "a@x.org; b@x.org", ["a@x.org", "b@x.org"]),
    (field(Kind.CHOICE, options=OPTIONS, restricted=True), ["a"], "a"),
    (field(Kind.CHOICES, options=OPTIONS, restricted=True), "a;b", ["a", "b"]),
    (field(Kind.MONEY), Decimal(5), {"amount": Decimal(5), "currency": None}),
    (field(Kind.PHONES, capacity=1), "+1 23", ["+1 23"]),
    (field(Kind.TEXT), "", None),
    (field(Kind.TEXT), "  kept as it is\r\n", "  kept as it is\r\n"),
    (field(Kind.TEXT), "\x0b \u202e 🚀", "\x0b \u202e 🚀"),
    (field(Kind.EMAILS, capacity=1), [" Ada@x.org ", "ada@x.org"], ["Ada@x.org"]),
    (field(Kind.CHOICES, options=OPTIONS, restricted=True, capacity=1), ["a", "a"], ["a"]),
    (field(Kind.PHONES, international=True), ["+44 20 7946 0958"], ["+44 20 7946 0958"]),
    (field(Kind.URLS, standard="company.domain"), ["https://www.acme.org/path"], ["https://www.acme.org/path"]),
    (field(Kind.DECIMAL), Decimal("1234567890.123456"), Decimal("1234567890.123456")),
    (PROBABILITY, Decimal("0.5"), Decimal("0.5")),
    (field(Kind.EMAILS), [], None),
]
MISFITS = [
    (field(Kind.TEXT, max_length=3), "longer", "too_long", "lon"),
    (field(Kind.TEXT, max_length=3, keeps_blanks=False), " longer ", "too_long", "lon"),
    (field(Kind.TEXT, max_length=3, keeps_blanks=False), "  abc  ", "blanks_dropped", "abc"),
    (field(Kind.LONG_TEXT, keeps_blanks=False), " \t\n ", "blanks_dropped", None),
    (field(Kind.LONG_TEXT, keeps_line_ends=False), "a\r\nb ", "blanks_dropped", "a\nb "),
    (field(Kind.TEXT), "a\0b", "broken_text", "ab"),
    (field(Kind.LONG_TEXT, max_length=50), "half \ud83d emoji", "broken_text", "half  emoji"),
    (field(Kind.EMAILS), ["a\0@x.org"], "broken_text", None),
    (field(Kind.CHOICE, options=OPTIONS), "a\ud83d", "broken_text", "a"),
    (field(Kind.CHOICE), "a\ud83d", "broken_text", "a"),
    (field(Kind.CHOICES, options=OPTIONS), ["a\ud83d"], "broken_text", None),
    (field(Kind.ADDRESS), {"street": "a\0"}, "broken_text", None),
    (field(Kind.CHOICES, options=OPTIONS), ["a", "b; c"], "unknown_option", ["a"]),
    (field(Kind.PHONES, international=True), ["030 1234567"], "invalid_phone", None),
    (field(Kind.PHONES, international=True), ["+12125550100 ext. 12"], "loses_extension", ["+12125550100"]),
    (field(Kind.URLS, standard="company.domain"), ["n/a"], "invalid_url", None),
    (field(Kind.DECIMAL), Decimal("123456789012.3456789"), "loses_precision", Decimal("123456789012.34567")),
    (PROBABILITY, Decimal(50), "not_a_probability", None),
    (PROBABILITY, Decimal("-0.1"), "not_a_probability", None),
    (field(Kind.EMAILS), ["a@x.org", "nobody"], "invalid_email", ["a@x.org"]),
    (field(Kind.EMAILS), ["nobody"], "invalid_email", None),
    (field(Kind.EMAILS, capacity=1), ["a@x.org", "b@x.org"], "loses_values", ["a@x.org"]),
    (field(Kind.PHONES), ["n/a"], "invalid_phone", None),
    (field(Kind.CHOICE, options=OPTIONS, restricted=True), "c", "unknown_option", None),
    (field(Kind.CHOICE, options=OPTIONS, restricted=True), "old", "unknown_option", None),
    (field(Kind.CHOICE, options=OPTIONS), ["a", "b"], "loses_values", "a"),
    (field(Kind.CHOICES, options=OPTIONS, restricted=True), ["a", "c"], "unknown_option", ["a"]),
    (field(Kind.INTEGER), Decimal("3.5"), "loses_precision", 4),
    (field(Kind.DECIMAL, precision=5, scale=2), Decimal("1.234"), "loses_precision", Decimal("1.23")),
    (field(Kind.DECIMAL, precision=5, scale=2), Decimal("1234"), "number_too_large", None),
    (field(Kind.DECIMAL, scale=2), Decimal("1e40") + 1, "number_too_large", None),
    (field(Kind.DECIMAL), "many", "not_a_number", None),
    (field(Kind.DECIMAL), "NaN", "not_a_number", None),
    (field(Kind.DATE), "soon", "not_a_date", None),
    (field(Kind.DATE), "2023-02-29", "not_a_date", None),
    (field(Kind.DATE), "2024-03-31T10:30:00.000Z", "loses_time", "2024-03-31"),
    (field(Kind.INSTANT), "soon", "not_a_date", None),
    (field(Kind.BOOLEAN), "perhaps", "not_a_boolean", None),
]


@pytest.mark.parametrize(("target", "value", "expected"), FITS)
def test_what_fits(target: Field, value: Any, expected: Any) -> None:
    assert fitter(target, Frame())(value) == expected


@pytest.mark.parametrize(("target", "value", "rule", "shortened"), MISFITS)
def test_what_does_not_fit(target: Field, value: Any, rule: str, shortened: Any) -> None:
    with pytest.raises(Misfit) as raised:
        fitter(target, Frame())(value)
    assert (raised.value.rule, raised.value.shortened) == (rule, shortened)


def test_a_value_that_is_not_listed_goes_where_the_list_is_open_and_is_noted() -> None:
    with pytest.raises(Misfit) as raised:
        fitter(field(Kind.CHOICE, options=OPTIONS), Frame())("c")
    assert raised.value.harmless
    assert raised.value.shortened == "c"


def test_a_day_is_the_day_of_the_account_it_was_written_in() -> None:
    day = converter(Kind.DATE, BERLIN)
    assert day("2024-03-30T23:00:00.000Z") == "2024-03-31"  # midnight in Berlin
    assert day("2024-03-31T00:00:00.000Z") == "2024-03-31"  # a plain date kept as midnight UTC
    with pytest.raises(Misfit) as raised:
        day("2024-03-31T22:30:00.000Z")
    assert raised.value.shortened == "2024-04-01"


def test_a_date_becomes_midnight_where_it_will_be_read() -> None:
    assert converter(Kind.INSTANT, BERLIN)("2024-07-01") == "2024-06-30T22:00:00.000Z"


def test_the_first_and_the_last_day_of_the_calendar() -> None:
    """Midnight of the first day east of Greenwich is in no year that can be written; the day itself is."""
    east, west = Frame(target_zone=ZoneInfo("Europe/Berlin")), Frame(target_zone=ZoneInfo("America/New_York"))
    for day in ("0001-01-01", "9999-12-31"):
        assert converter(Kind.DATE, east)(f"{day}T00:00:00.000Z") == day
        assert converter(Kind.DATE, west)(f"{day}T00:00:00.000Z") == day
    with pytest.raises(Misfit) as raised:
        converter(Kind.INSTANT, east)("0001-01-01")
    assert raised.value.rule == "not_a_date"
    assert instant_from_milliseconds(-62_135_596_800_000) == "0001-01-01T00:00:00.000Z"


def test_money_of_another_currency_never_goes_in_at_face_value() -> None:
    frame = Frame(source_currency="EUR", target_currency="USD")
    with pytest.raises(Misfit, match="USD") as raised:
        fitter(field(Kind.MONEY), frame)({"amount": Decimal(5), "currency": None})
    assert (raised.value.rule, raised.value.shortened) == ("other_currency", None)
    with_currency = fitter(field(Kind.MONEY, currency_field="c"), frame)({"amount": Decimal(5), "currency": None})
    assert with_currency == {"amount": Decimal(5), "currency": "EUR"}
    listed = fitter(field(Kind.MONEY, currency_field="c"), replace(frame, currencies=frozenset({"USD"})))
    with pytest.raises(Misfit) as raised:
        listed({"amount": Decimal(5), "currency": None})
    assert raised.value.rule == "other_currency"
    inside = fitter(field(Kind.MONEY, own_currency=True), frame)({"amount": Decimal(5), "currency": "JPY"})
    assert inside == {"amount": Decimal(5), "currency": "JPY"}


def test_where_the_target_tells_no_currency_it_is_noted_and_another_than_the_usual_one_is_told_apart() -> None:
    fit = fitter(field(Kind.MONEY), Frame(source_currency="EUR"))
    with pytest.raises(Misfit) as raised:
        fit({"amount": Decimal(5), "currency": None})
    assert (raised.value.rule, raised.value.harmless) == ("unknown_currency", True)
    with pytest.raises(Misfit) as raised:
        fit({"amount": Decimal(5), "currency": "JPY"})
    assert (raised.value.rule, raised.value.harmless) == ("mixed_currencies", True)
    nothing_known = fitter(field(Kind.MONEY), Frame())
    assert nothing_known({"amount": Decimal(5), "currency": None}) == {"amount": Decimal(5), "currency": None}


def test_a_number_that_no_crm_keeps_exactly_is_refused() -> None:
    for kind, value in (
        (Kind.INTEGER, 10**15),
        (Kind.DECIMAL, Decimal("1e30")),
        (Kind.MONEY, {"amount": Decimal("1e30"), "currency": None}),
    ):
        with pytest.raises(Misfit) as raised:
            fitter(field(kind), Frame())(value)
        assert raised.value.rule == "number_too_large"
    assert fitter(field(Kind.INTEGER), Frame())(10**15 - 1) == 10**15 - 1


anything = st.one_of(
    st.text(max_size=20),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=True),
    st.lists(st.text(max_size=8), max_size=3),
)


@given(st.sampled_from(list(Kind)), anything)
def test_whatever_comes_the_answer_is_a_value_or_a_misfit(kind: Kind, value: Any) -> None:
    target = field(kind, precision=9, scale=2, capacity=2, max_length=10, options=OPTIONS)
    try:
        fitted = fitter(target, Frame())(value)
    except Misfit as misfit:
        assert misfit.rule
    else:
        assert fitted is None or fitter(target, Frame())(fitted) == fitted
