"""Kill a live run at one seeded point, resume it until it is done, and say how it got there.

A point is a moment (between intent and send, send and commit, commit and answer, answer and settling), a victim (the whole process group
of the run, its worker, its broker, the sandboxed script) and the request to the target at which it happens.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sdrbot_skills.lab.processes import Emulator
from tests.e2e.harness import Workspace

MOMENTS = ("before_send", "before_commit", "after_commit", "after_answer")
BUSY = {
    "hubspot": "ten_secondly",
    "salesforce": "server_unavailable",
    "zohocrm": "too_many_requests",
    "twenty": "limit_reached",
    "pipedrive": "over_limit",
}
"""How each asks to be asked again."""
VICTIMS = ("group", "worker", "broker", "script")
PATIENCE = 120.0
MOST_RESUMES = 6


@dataclass(frozen=True)
class Point:
    """One way to be killed. `request`: how many writes to the target pass first; `ms`: how long after the answer."""

    moment: str
    victim: str
    request: int
    ms: int


def points(count: int, requests: int, seed: int = 2026) -> list[Point]:
    """Seeded points, each moment and each victim equally often."""
    chance = Random(seed)
    return [
        Point(
            moment=MOMENTS[number % len(MOMENTS)],
            victim=VICTIMS[number // len(MOMENTS) % len(VICTIMS)],
            request=chance.randrange(requests),
            ms=chance.choice((0, 1, 3, 10, 30)),
        )
        for number in range(count)
    ]


def kill_and_resume(workspace: Workspace, run: str, point: Point, write: dict[str, Any], side: str = "target") -> int:
    """Start the approved run, kill it at the point, resume until it is done; how many resumes it took.

    `write`: what a write to the target looks like, as the filter of a fault; with `side` "source" what a read there does. The victim is known
    before the first write, since a run reads for a second or more before it writes; where it is not, no kill is counted and this fails.
    """
    target = workspace.labs[_crm(workspace, run, side)]
    target.clear_faults()
    workspace.cm("live", run, "--detach")
    victim = _victim(workspace, run, point.victim)
    _order(target, point, write, victim)
    _await_hit(workspace, run, target)
    target.clear_faults()
    for resumed in range(1, MOST_RESUMES + 1):
        ended = workspace.cm("resume", run, "--json", good=(0, 1, 3, 4, 5))
        if workspace.state(run)["status"] == "done":
            return resumed
        assert ended.code in (1, 3), ended.said
    raise AssertionError(f"{point}: not done after {MOST_RESUMES} resumes\n{ended.said}")


def _crm(workspace: Workspace, run: str, side: str) -> str:
    return str(workspace.state(run)[side]).partition("-")[0]


def _order(target: Emulator, point: Point, write: dict[str, Any], victim: tuple[int, bool]) -> None:
    pid, group = victim
    common = {**write, "skip": point.request, "times": 1}
    kill = {"action": "kill", "pid": pid, "group": group, **common}
    if point.moment == "before_send":  # refused, and killed while it waits to send the same again
        target.fault(action="form", form=BUSY[target.crm], **common)
        target.fault(when="after_answer", ms=200 + point.ms, **kill)
    elif point.moment == "after_answer":
        target.fault(when="after_answer", ms=point.ms, **kill)
    else:
        target.fault(when=point.moment, **kill)


def _victim(workspace: Workspace, run: str, name: str) -> tuple[int, bool]:
    """Process id, and whether its whole group is meant."""
    worker = int(workspace.state(run)["worker_pid"])
    if name in ("group", "worker"):
        return worker, name == "group"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for pid in _descendants(worker):
            command = _read(pid, "cmdline")
            if name == "broker" and "sdrbot_skills.broker" in command:
                return pid, False
            if name == "script" and "bwrap" in command:
                return pid, False
        time.sleep(0.005)
    raise AssertionError(f"run {run} started no {name}")


def _descendants(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(int(entry.name)) == pid:
            found += [int(entry.name), *_descendants(int(entry.name))]
    return found


def _parent(pid: int) -> int:
    text = _read(pid, "stat").rpartition(")")[2].split()
    return int(text[1]) if len(text) > 1 else 0


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""  # ended meanwhile


def _await_hit(workspace: Workspace, run: str, target: Any) -> None:
    """Until the kill has happened and its victim's run is not at work any more."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        kills = [fault for fault in target.faults() if fault["action"] == "kill"]
        if kills[0]["hits"]:
            time.sleep((kills[0]["arguments"].get("ms", 0)) / 1000)
            return
        state = workspace.state(run)
        assert state["status"] == "running", f"the run ended before it was killed: {json.dumps(state)}"
        time.sleep(0.02)
    raise AssertionError("the run never came to the point")
