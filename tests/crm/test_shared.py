"""What adapters share: repeating reads, cutting batches, results by key, the vocabulary."""

import time

import pytest

from sdrbot_skills.crm import registry
from sdrbot_skills.crm.batching import chunks, one_result_per_row
from sdrbot_skills.crm.failures import Effect, no_answer, unreachable
from sdrbot_skills.crm.repeat import ATTEMPTS, repeated
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.standard import standard_fields, standard_objects, vocabulary
from sdrbot_skills.errors import ConfigurationError, OutcomeUnknown, RateLimited, Retriable
from sdrbot_skills.model.records import Outcome, Row, RowResult
from sdrbot_skills.model.values import Kind


class Flaky:
    """Fails with the given errors, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def test_reads_are_repeated_with_growing_pauses(pauses: list[float]) -> None:
    assert repeated(Flaky(Retriable("reset"), Retriable("reset"), Retriable("reset"))) == "answer"
    assert len(pauses) == 3
    assert pauses[0] < pauses[1] < pauses[2] < 2


def test_the_vendors_own_pause_is_kept(pauses: list[float]) -> None:
    assert repeated(Flaky(RateLimited("slow down", 7))) == "answer"
    assert pauses == [7]


@pytest.mark.parametrize(
    "error",
    [RateLimited("day", 5, daily=True), RateLimited("long", 600), OutcomeUnknown("?"), ConfigurationError("no")],
)
def test_what_waiting_does_not_cure_goes_up_at_once(error: Exception, pauses: list[float]) -> None:
    flaky = Flaky(error)
    with pytest.raises(type(error)):
        repeated(flaky)
    assert (flaky.calls, pauses) == (1, [])


def test_repeating_ends(pauses: list[float]) -> None:
    flaky = Flaky(*[Retriable("reset")] * 99)
    with pytest.raises(Retriable):
        repeated(flaky)
    assert flaky.calls == ATTEMPTS


def test_every_row_gets_one_result_in_the_rows_order() -> None:
    rows = [Row("a", {}), Row("b", {}), Row("c", {})]
    told = {"c": RowResult("c", Outcome.CREATED, "3"), "a": RowResult("a", Outcome.CREATED, "1")}
    results = one_result_per_row(rows, told, repeatable=False)
    assert [(result.key, result.id, result.rule, result.retriable) for result in results] == [
        ("a", "1", None, False),
        ("b", None, Rule.UNANSWERED, False),
        ("c", "3", None, False),
    ]
    assert one_result_per_row(rows, told, repeatable=True)[1].retriable
    with pytest.raises(ValueError, match="same key"):
        one_result_per_row([Row("a", {}), Row("a", {})], {}, repeatable=True)


def test_chunks() -> None:
    assert [list(some) for some in chunks([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
    assert list(chunks([], 2)) == []


def test_a_missing_answer_means_what_sending_again_would_do() -> None:
    assert isinstance(no_answer("POST /x", Effect.ONCE, "reset"), OutcomeUnknown)
    assert isinstance(no_answer("POST /x", Effect.REPEATABLE, "reset"), Retriable)
    assert isinstance(unreachable("POST /x", "no socket"), ConfigurationError)


@pytest.mark.parametrize("crm", registry.crm_names())
def test_standard_names_are_those_of_the_vocabulary(crm: str) -> None:
    words = vocabulary()
    assert set(standard_objects(crm).values()) <= {*words, "lead"}
    for fields in standard_fields(crm).values():
        for standard in fields.values():
            thing, _, field = standard.partition(".")
            assert Kind(words[thing][field]["kind"])


@pytest.mark.parametrize("crm", registry.crm_names())
def test_capabilities_are_there_without_a_connection(crm: str) -> None:
    told = registry.capabilities(crm)
    assert told.crm == crm
    assert min(told.page_size, told.create_batch, told.find_batch) > 0
    with pytest.raises(ConfigurationError, match=r"Known: .*hubspot"):
        registry.capabilities("nosuch")
