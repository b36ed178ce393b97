"""Both CRMs misbehave during a live run: the end is the same."""

from __future__ import annotations

import os
import shutil
import signal

from tests.e2e import ends
from tests.e2e.conftest import Way

UPSERT, ROLES = r"/composite/sobjects/\w+/CRM_\w+$", r"/composite/sobjects$"


def test_expired_tokens_refusals_and_resets_change_nothing_about_the_end(way: Way) -> None:
    workspace, source, run = way
    workspace.approve(run)
    target, origin = workspace.labs["salesforce"], workspace.labs["hubspot"]
    target.fault("shuffle", path="/composite/sobjects", times=0)
    target.fault("expire_token", path=UPSERT)
    target.fault("form", form="server_unavailable", path=UPSERT, skip=2)
    target.fault("reset", when="before_commit", path=UPSERT, skip=3)
    target.fault("reset", when="after_commit", path=UPSERT, skip=4)
    target.fault("status", status=502, body="<html>bad gateway</html>", path=UPSERT, skip=6)
    target.fault("reset", when="after_commit", path=ROLES)
    origin.fault("form", form="ten_secondly", path="/objects/")
    origin.fault("status", status=503, body="<html>busy</html>", path="/objects/", skip=3)
    origin.fault("reset", when="before_commit", path="/objects/", skip=5)

    workspace.cm("live", run)

    for lab in (target, origin):
        missed = [fault for fault in lab.faults() if fault["times"] and not fault["hits"]]
        assert not missed
    assert ends.difference(ends.found(workspace.salesforce), ends.expected(source)) == {}
    workspace.proven(run)


def test_a_spent_daily_allowance_pauses_and_a_new_day_goes_on(way: Way) -> None:
    workspace, source, run = way
    workspace.approve(run)
    target = workspace.labs["salesforce"]
    target.fault("form", form="daily_limit", path=UPSERT, skip=1, times=0)

    paused = workspace.cm("live", run, "--json", good=(5,)).json()

    assert paused["status"] == "paused"
    assert paused["wake_at"]
    target.clear_faults()
    os.killpg(
        workspace.state(run)["worker_pid"], signal.SIGKILL
    )  # it sleeps until the new day; the machine is restarted meanwhile
    shutil.rmtree(
        workspace.folder / ".cache"
    )  # where brokers remember until when the account has to be left alone: the day is over
    workspace.cm("resume", run)
    assert ends.difference(ends.found(workspace.salesforce), ends.expected(source)) == {}
