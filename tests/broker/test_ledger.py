"""What the ledger tells of each record: when the vendor answered the last write of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdrbot_skills.broker.answers import Result, epoch
from sdrbot_skills.broker.ledger import CLOCKS_DIFFER_BY, Ledger
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.rows import Operation, Row
from sdrbot_skills.broker.spec import Budget


def send(ledger: Ledger, name: str, operation: str, ids: list[str], at: float, answered_at: float | None) -> None:
    rows = tuple(Row(one) for one in ids)
    entry = ledger.intend(None, "target", Operation("write", name, operation, rows), "digest", at)
    results = [] if "->" in name else [Result(one, operation == "create", one) for one in ids]
    ledger.settle(entry, "answered", 200, results, at, answered_at)


@pytest.mark.parametrize("theirs", [True, False], ids=["by the vendor's clock", "by ours"])
def test_the_last_answer_about_each_record(tmp_path: Path, theirs: bool) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    later = 0 if theirs else CLOCKS_DIFFER_BY

    def answered(at: float) -> float | None:
        return at if theirs else None

    send(ledger, "contacts", "create", ["1", "2", "3"], 100, answered(100))
    send(ledger, "contacts", "update", ["2"], 200, answered(200))
    send(ledger, "deals->contacts", "link", ["9:3"], 300, answered(300))
    send(ledger, "deals", "create", ["9"], 150, answered(150))
    assert ledger.touched("contacts") == {"1": 100 + later, "2": 200 + later, "3": 300 + later}
    assert ledger.touched("deals") == {"9": 300 + later}
    assert ledger.touched("companies") == {}
    ledger.close()


def test_an_upsert_of_what_was_sent_to_be_made_is_no_further_row(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    keeper = ledger.budget({"contacts": Budget(create=2)})
    for operation, keys in (("create", ("a", "b")), ("upsert", ("b", "a"))):
        sent = Operation("write", "contacts", operation, tuple(map(Row, keys)))
        ledger.intend(keeper, "target", sent, "digest", 1.0)
    with pytest.raises(Refusal):
        ledger.intend(keeper, "target", Operation("write", "contacts", "upsert", (Row("c"),)), "digest", 1.0)
    assert ledger.counts() == {"contacts": {"create": 2}}
    ledger.close()


def test_the_time_of_an_answer() -> None:
    assert epoch("Sun, 22 Nov 2026 10:00:00 GMT") == 1795341600
    assert epoch(None) is None
    assert epoch("soon") is None


def test_an_intent_survives_a_power_cut(tmp_path: Path) -> None:
    """A kill leaves what the system was given to write; only this setting waits for the disk (SQLite, "PRAGMA synchronous": FULL is 2)."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.transaction() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    with ledger.transaction(durable=False):
        pass
    used: list[object] = []
    ledger._db.set_trace_callback(lambda sql: used.append(sql) if "synchronous" in sql else None)
    ledger.intend(None, "target", Operation("write", "contacts", "create", (Row("1"),)), "digest", 1.0)
    assert used == ["PRAGMA synchronous=FULL"]
    ledger.close()


def test_what_the_run_made_stays_its_own_however_often_it_is_written_again(tmp_path: Path) -> None:
    """An upsert that is sent again finds what its first send has made; an undo would take it for somebody else's and leave it."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    send(ledger, "contacts", "update", ["7"], 50, 50)
    send(ledger, "contacts", "create", ["1"], 100, 100)
    send(ledger, "contacts", "update", ["1"], 200, 200)
    assert (ledger.created_ids("contacts"), ledger.updated_ids("contacts")) == (["1"], ["7"])
    ledger.close()
