"""The vocabulary of a script."""

from decimal import Decimal
from typing import Any

import pytest

from sdrbot_skills import script as package
from sdrbot_skills.errors import RowRejected
from sdrbot_skills.model.transforms import TRANSFORMS
from sdrbot_skills.script import transforms as t

MAP = {"NEW": "Open", "OLD": None, "true": "Yes"}


def test_every_name_a_plan_may_use_has_a_function_and_takes_its_settings() -> None:
    assert set(TRANSFORMS) <= set(t.VOCABULARY)
    for name, spec in TRANSFORMS.items():
        if name == "constant":
            continue
        parameters = t.VOCABULARY[name].__annotations__
        assert set(spec.settings) <= set(parameters), name


def test_every_word_of_the_vocabulary_can_be_imported_as_the_script_does() -> None:
    assert set(t.VOCABULARY) <= set(package.__all__)


@pytest.mark.parametrize("name", sorted(set(TRANSFORMS) - {"amount_in", "constant", "days_after", "phones_in"}))
def test_no_value_gives_no_value(name: str) -> None:
    assert t.VOCABULARY[name](None) is None


def test_moving_and_leaving_out_blanks() -> None:
    moved = t.move({"a": 1, "b": None, "c": False}, {"a": "A", "b": "B", "c": "C", "d": "D"})
    assert moved == {"A": 1, "B": None, "C": False, "D": None}
    assert t.filled(moved) == {"A": 1, "C": False}, "a false is a value; a blank never clears the target"


def test_value_maps_take_options_lists_users_and_truth() -> None:
    assert t.map_value("NEW", MAP, field="F", otherwise="reject") == "Open"
    assert t.map_value("OLD", MAP, field="F", otherwise="reject") is None
    assert t.map_value(["NEW", "OLD", "NEW"], MAP, field="F", otherwise="reject") == ["Open"]
    assert t.map_value(True, MAP, field="F", otherwise="reject") == "Yes"
    assert t.map_value("XX", MAP, field="F", otherwise="note") is None
    assert t.map_value(["XX"], MAP, field="F", otherwise="blank") is None


def test_a_value_without_an_entry_keeps_its_record_back() -> None:
    with pytest.raises(RowRejected) as caught:
        t.map_value(["NEW", "XX"], MAP, field="Status", otherwise="reject")
    assert caught.value.rule == "unmapped_value" and caught.value.field == "Status"


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        (["Ann@Example.COM", "b@other.org"], "example.com"),
        ("https://www.example.com/path?x=1", "example.com"),
        ("example.com", "example.com"),
        ("http://user@example.com:8080/", "example.com"),
        ("https://example.com/@ann", "example.com"),
        ("[n/a", None),
        ("", None),
        ([], None),
    ],
)
def test_domains(value: Any, domain: str | None) -> None:
    assert t.domain_of(value) == domain


def test_days_are_counted_where_people_live() -> None:
    assert t.date_of("2026-03-01T23:30:00.000Z", zone="Europe/Berlin") == "2026-03-02"
    assert t.date_of("2026-03-01T23:30:00.000Z") == "2026-03-01"
    assert t.date_of("2026-03-01") == "2026-03-01"
    assert t.instant_of("2026-03-02", zone="Europe/Berlin") == "2026-03-01T23:00:00.000Z"
    assert t.days_after("2026-02-28T12:00:00.000Z", days=1) == "2026-03-01"
    assert t.days_after(None, days=1) is None


def test_names_are_cut_at_their_last_word() -> None:
    assert (t.split_name_first("Ada  King Lovelace"), t.split_name_last("Ada  King Lovelace")) == (
        "Ada King",
        "Lovelace",
    )
    assert (t.split_name_first("Plato"), t.split_name_last("Plato")) == (None, "Plato")


def test_numbers_are_not_guessed() -> None:
    assert t.number_of("1234.50") == Decimal("1234.50")
    assert t.integer_of("12.0") == 12
    for text in ("1,234", "12 EUR", "NaN", "many"):
        with pytest.raises(RowRejected):
            t.number_of(text)
    with pytest.raises(RowRejected) as caught:
        t.integer_of("12.5")
    assert caught.value.rule == "not_whole"
    assert t.amount_of(t.money_of(Decimal("9.99"), currency="EUR")) == Decimal("9.99")


def test_an_amount_is_only_renamed_where_that_was_said() -> None:
    pounds = {"amount": Decimal(9), "currency": "GBP"}
    assert t.amount_in(pounds, currency="USD", instead_of=["GBP"]) == {"amount": Decimal(9), "currency": "USD"}
    assert t.amount_in(pounds, currency="USD", instead_of=["EUR"]) == pounds
    named = t.amount_in({**pounds, "currency": None}, currency="USD", instead_of=[""])
    assert named == {**pounds, "currency": "USD"}
    assert t.amount_in(None, currency="USD", instead_of=["GBP"]) is None


def test_truth_is_not_guessed() -> None:
    assert (t.yes_no("Yes"), t.yes_no("0"), t.yes_no(True)) == (True, False, True)
    with pytest.raises(RowRejected):
        t.yes_no("maybe")


def test_an_opt_out_never_says_that_somebody_may_be_written_to() -> None:
    assert [t.opt_out(value) for value in (True, False, None)] == [True, None, None]


def test_texts() -> None:
    assert t.join("a", None, ["b", "c"], "", separator=", ") == "a, b, c"
    assert t.join(None) is None
    assert t.first(None, [], "", "x", "y") == "x"
    assert t.fallback([], "x") == "x" and t.fallback(False, "x") is False
    assert t.split(" a ; ;b") == ["a", "b"] and t.split(" ; ") is None
    assert t.text_of(Decimal("1E+3")) == "1000" and t.text_of(["a", "b"]) == "a; b" and t.text_of(False) == "no"
    assert t.text_of({"amount": Decimal("5.00"), "currency": "EUR"}) == "5.00 EUR"
    assert t.lower(["A@B.C"]) == ["a@b.c"] and t.trim("  ") is None and t.upper("a") == "A"
    assert t.primary(["a", "b"]) == "a" and t.list_of("a") == ["a"] and t.domains_of(["a@x.io", "b@x.io"]) == ["x.io"]


def test_lists_are_taken_together_and_apart() -> None:
    assert t.all_of(["a@x.io", "b@x.io"], None, ["b@x.io", "c@x.io"]) == ["a@x.io", "b@x.io", "c@x.io"]
    assert t.all_of("1", "2", "1") == ["1", "2"] and t.all_of(None, []) is None
    assert t.rest(["a", "b", "c"]) == ["b", "c"] and t.rest(["a"]) is None and t.rest("a") is None
