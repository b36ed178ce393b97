"""Run folders, states, locks and privileged mode."""

import multiprocessing
import multiprocessing.synchronize
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.model.results import ObjectCounts
from sdrbot_skills.model.schema import Account, Environment
from sdrbot_skills.runs import deltas, privileged, proving, retrying, undoing
from sdrbot_skills.runs.directory import RunDirectory, all_runs, create_run, forget, open_run, taken_back_by
from sdrbot_skills.runs.lock import account_lock
from sdrbot_skills.runs.state import PLAIN, Status
from sdrbot_skills.web.report import report

COUNTS = ObjectCounts(read=3, create=3).model_dump()
PROVEN = {"lost": 0, "duplicated": 0, "mismatched": 0, "links_missing": 0, "checked": 3}
ACCOUNT = Account(crm="salesforce", id="00D1", name="Acme", environment=Environment.LAB)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)


def new_run() -> RunDirectory:
    return create_run(
        "migrate",
        source="hubspot",
        target="salesforce",
        target_account="Acme (00D1)",
        environment="lab",
        objects=["contacts"],
    )


def test_every_status_has_plain_words() -> None:
    assert set(PLAIN) == set(Status)


def test_a_run_is_private_and_found_by_its_beginning() -> None:
    run = new_run()
    assert oct(run.path.stat().st_mode & 0o777) == oct(0o700) or oct(run.sealed.stat().st_mode & 0o777) == oct(0o700)
    assert open_run(run.id).id == run.id
    assert [found.id for found in all_runs()] == [run.id]


def test_an_unknown_run_is_named() -> None:
    with pytest.raises(ConfigurationError, match="nosuch"):
        open_run("nosuch")


def test_history_keeps_every_step() -> None:
    run = new_run()
    run.move(Status.PAUSED, "daily budget spent", wake_at=5.0)
    state = run.state()
    assert (state.status, state.wake_at, state.plain) == (Status.PAUSED, 5.0, "paused: daily budget spent")
    assert [step.status for step in state.history] == [Status.PREPARED, Status.PAUSED]


def test_work_files_are_read_without_following_links() -> None:
    run = new_run()
    (run.work / "dry.json").symlink_to("/etc/hostname")
    with pytest.raises(Exception, match=r"(?i)link|symbolic|loop|refus"):
        run.read_json("work", "dry.json")


def test_forget_removes_values_and_keeps_counts() -> None:
    run = new_run()
    (run.work / "journal.sqlite").write_bytes(b"customer")
    run.write_json(
        "trusted", "dry.json", {"counts": {"contacts": {"read": 1}}, "samples": [{"before": {"email": "a@b.c"}}]}
    )
    forget(run)
    assert not (run.work / "journal.sqlite").exists()
    assert run.read_json("trusted", "dry.json") == {"counts": {"contacts": {"read": 1}}}


def test_a_forgotten_run_is_still_told_of_and_says_why_nothing_more_can_be_done() -> None:
    run = new_run()
    run.write_json("trusted", "dry.json", {"counts": {"contacts": COUNTS}, "samples": [], "findings": []})
    run.write_json("trusted", "live.json", {"counts": {"contacts": COUNTS}, "findings": [{"message": "of a value"}]})
    run.write_json("trusted", "verify.json", {"total": PROVEN, "objects": {}, "differences": ["of a value"]})
    (run.trusted / "live").mkdir()
    forget(run)
    made = report(run)
    assert made.lines[1].startswith("3 records read") and "taken back" in made.lines[4]
    assert "Verified: 0 lost" in made.lines[3]
    for prepare in (proving.verify, retrying.prepare, undoing.prepare):
        with pytest.raises(ConfigurationError, match="was forgotten"):
            prepare(run)


def test_nothing_follows_a_run_that_was_taken_back() -> None:
    """A retry made its records again without what they were linked with; a delta took what was deleted for carried."""
    run = new_run()
    run.move(Status.DONE)
    undo = create_run("undo", source="hubspot", target="salesforce", target_account="Acme (00D1)", environment="lab",
                      objects=["contacts"], parent=run.id)  # fmt: skip
    assert taken_back_by(run) is None
    undo.move(Status.DONE)
    for prepare in (retrying.prepare, deltas.prepare):
        with pytest.raises(Refused, match=f"taken back by run {undo.id}"):
            prepare(run)


ORIGIN = "https://login.salesforce.com"


def _hold(folder: str, ready: "multiprocessing.synchronize.Event") -> None:
    os.chdir(folder)
    with account_lock("salesforce", ORIGIN, "00D1", "run-a"):
        ready.set()
        time.sleep(60)


def test_a_second_runner_is_refused_by_name_and_a_killed_one_frees_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two folders had a lock each, so that two runs could write to one account at once."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (tmp_path / "another folder").mkdir()
    ready = multiprocessing.Event()
    holder = multiprocessing.Process(target=_hold, args=(str(tmp_path / "another folder"), ready))
    holder.start()
    assert ready.wait(20)
    with pytest.raises(Refused, match="run-a"), account_lock("salesforce", ORIGIN, "00D1", "run-b"):
        pass
    with account_lock("salesforce", "http://127.0.0.1:2", "00D1", "run-b"):
        pass  # another practice CRM
    holder.kill()
    holder.join()
    with account_lock("salesforce", ORIGIN, "00D1", "run-b"):
        pass


def test_privileged_mode_is_for_one_account_and_runs_out() -> None:
    with pytest.raises(Refused, match="/setup"):
        privileged.require("salesforce", "00D1")
    privileged.switch_on("salesforce", ACCOUNT, seconds=60)
    assert "Acme" in privileged.require("salesforce", "00D1").banner
    with pytest.raises(Refused):
        privileged.require("salesforce", "00D2")
    privileged.switch_on("salesforce", ACCOUNT, seconds=-1)
    assert privileged.current() is None


def test_two_who_change_the_state_lose_nothing_of_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line wrote the worker's number into the state that it had read before the worker ended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    run = create_run("migrate", source="a", target="b", target_account="One (1)", environment="lab", objects=[])
    with ThreadPoolExecutor(4) as pool:
        for number in range(40):
            pool.submit(run.move, Status.RUNNING, str(number))
            pool.submit(run.update, quarantined=number)
    assert {step.note for step in run.state().history} == {"", *(str(number) for number in range(40))}
