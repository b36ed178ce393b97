"""The steps of a run as functions that a model may call. None approves, picks live mode, or switches the sandbox off.

Each gives a document of plain data. What a parameter means is in the docstring, which is what a model is told.
"""

from __future__ import annotations

import time
from typing import Annotated, Any

from langgraph.types import interrupt
from pydantic import Field

from sdrbot_skills import planning
from sdrbot_skills.agent import workspace
from sdrbot_skills.runs import deltas, going, preparing, proving, rehearsing, retrying, schema_runs, undoing
from sdrbot_skills.runs.directory import open_run
from sdrbot_skills.runs.leftover import changed_meanwhile, left_over
from sdrbot_skills.runs.outcome import carried_links, quarantined
from sdrbot_skills.runs.state import Status
from sdrbot_skills.web.report import report

LOOK_SECONDS = 0.2
SHOWN_DIFFERENCES = 20
SHOWN_LINKS = 6
SHOWN_HELD = 3

Pilot = Annotated[int, Field(ge=1, le=200)]
Seconds = Annotated[int, Field(ge=0, le=120)]


def prepare_schema_changes(plan: str) -> dict[str, Any]:
    """Prepare the custom fields a plan needs as a run of its own. Needs privileged mode, which only the person can switch on (`/setup`)."""
    run = schema_runs.prepare(planning.load_plan(workspace.inside(plan)), plan_file=plan)
    return {"run": run.id, "changes": schema_runs.describe(run)}


def dry_run(plan: str, script: str | None = None) -> dict[str, Any]:
    """Run everything but the writing. Returns counts, findings and forecast; the broker lets nothing be written. `script`: an edited one."""
    made, edited = planning.load_plan(workspace.inside(plan)), workspace.inside(script) if script else None
    run = preparing.prepare(made, script=edited, plan_file=plan)
    return rehearsing.rehearse(run)


def request_live_run(run: str, pilot: Pilot = 20) -> dict[str, Any]:
    """Ask the person to approve a run and start it with a pilot of so many records. The person answers in their own prompt; this only learns
    what they decided."""
    found = open_run(run)
    if found.state().status == Status.REHEARSED:
        interrupt({"ask": "approve", "run": found.id})  # what comes back is not looked at: the run's own record decides
    state = found.state()
    if state.status in (Status.RUNNING, Status.PILOT_DONE, Status.PAUSED, Status.DONE):
        return {"run": found.id, "started": True, "state": state.plain}
    if state.status != Status.APPROVED:
        return {"run": found.id, "started": False, "why": "The person did not approve.", "state": state.plain}
    going.start(found, pilot=pilot if state.kind == "migrate" else None)
    return {"run": found.id, "started": True, "state": found.state().plain}


def continue_run(run: str) -> dict[str, Any]:
    """After the pilot: ask the person whether to go on, and go on if they say so."""
    found = open_run(run)
    if found.state().status == Status.PILOT_DONE:
        if interrupt({"ask": "continue", "run": found.id}) is not True:
            return {"run": found.id, "continued": False, "why": "The person wants to wait, or to undo."}
        going.carry_on(found)
    return {"run": found.id, "continued": True, "state": found.state().plain}


def resume_run(run: str) -> dict[str, Any]:
    """Carry on a run that was interrupted, from its journal; nothing is sent twice. The approval has to cover it still."""
    found = open_run(run)
    going.resume(found)
    return {"run": found.id, "resumed": True, "state": found.state().plain}


def wait_for_run(run: str, seconds: Seconds = 60) -> dict[str, Any]:
    """Wait until a run is at rest (pilot done, done, paused or failed), at most so many seconds; `at_rest` says whether it is. Returns its
    counts, and after a pilot deep links to look at. A run goes on whether or not somebody waits."""
    found, until = open_run(run), time.monotonic() + seconds
    while not (resting := going.at_rest(found)) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    state = found.state()
    live = found.read_json("trusted", "live.json") or {}
    return {
        "run": found.id,
        "kind": state.kind,
        "plan": state.plan_file,
        "status": state.status.value,
        "at_rest": resting,
        "state": state.plain,
        "progress": going.progress(found),
        "counts": live.get("counts", {}),
        "taken_back": live.get("total"),
        "left_over": left_over(found),
        "deep_links": carried_links(found, limit=SHOWN_LINKS) if state.status == Status.PILOT_DONE else [],
    }


def verify_run(run: str) -> dict[str, Any]:
    """Prove a run: lost, duplicated, mismatched and links missing, in total and per object."""
    found = open_run(run)
    document = proving.verify(found).model_dump(mode="json")
    differences = document.pop("differences")
    return {
        "run": found.id,
        **document,
        "differences": differences[:SHOWN_DIFFERENCES],
        "more_differences": max(0, len(differences) - SHOWN_DIFFERENCES),
    }


def report_run(run: str) -> dict[str, Any]:
    """Write the report and return its five lines and where it lies."""
    found = open_run(run)
    made = report(found)
    meanwhile = changed_meanwhile(found.id, made.document["counts"], made.document["findings"])
    return {
        "run": found.id,
        "lines": made.lines,
        "meanwhile": meanwhile,
        "html": workspace.shown(made.html),
        "quarantined": found.state().quarantined,
    }


def held_back(run: str) -> dict[str, Any]:
    """Why records of a run were held back (quarantined): per rule how many, in which object and field, why, and a few of their ids."""
    found = open_run(run)
    groups: dict[tuple[str, str, str], dict[str, Any]] = {}
    for entry in quarantined(found):
        key = (entry["object"], entry["rule"], entry["field"] or "")
        group = groups.setdefault(
            key,
            {"object": key[0], "field": key[2], "rule": key[1], "message": entry["message"], "count": 0, "records": []},
        )
        group["count"] += 1
        if group["count"] <= SHOWN_HELD:
            group["records"].append(entry["link"] or entry["source_id"])
    return {"run": found.id, "held_back": sorted(groups.values(), key=lambda one: -int(one["count"]))}


def retry_run(run: str) -> dict[str, Any]:
    """Prepare another try of the quarantined records, as a run of its own."""
    return rehearsing.rehearse(retrying.prepare(open_run(run)))


def delta_run(run: str) -> dict[str, Any]:
    """Prepare carrying what came to the source, or changed there, since a run that is done: a run of its own with a dry run and an approval."""
    return rehearsing.rehearse(deltas.prepare(open_run(run)))


def undo_run(run: str) -> dict[str, Any]:
    """Prepare taking back a run, as a run of its own that the person has to approve (`request_live_run`)."""
    child = undoing.prepare(open_run(run))
    return {"run": child.id, **undoing.rehearse(child)}
