"""Calls of admin tools: looking on a read-only broker; a change as a schema run of its own, sealed request by request and approved by the person."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sdrbot_skills import planning
from sdrbot_skills.broker.bodies import body_digest
from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.crm import registry
from sdrbot_skills.crm.admintools import AnyTool, Call, Change, Request, Toolbox, crm_of
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.errors import ConfigurationError, OutcomeUnknown, Refused, SchemaDrift
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs import privileged
from sdrbot_skills.runs.binding import seal_fingerprint
from sdrbot_skills.runs.brokers import adapter, reading
from sdrbot_skills.runs.directory import RunDirectory, create_run
from sdrbot_skills.runs.preparing import sealed_plan
from sdrbot_skills.runs.proposing import side
from sdrbot_skills.runs.state import Status

CALL = "call"
"""The action of a schema run that is such a call."""

LONGEST_LINE = 400


def toolbox() -> Toolbox:
    """The tools of the account that privileged mode is on for; none while it is off."""
    mode = privileged.current()
    return registry.admin_toolbox(mode.crm) if mode else Toolbox({}, _send_nothing)


def tool(name: str) -> AnyTool:
    """The tool of that whole name. Raises `Refused` where privileged mode is off, or on for an account of another CRM."""
    mode = privileged.current()
    if mode is None:
        raise Refused(
            f"{name} is there in privileged mode only. The person switches it on: `/setup privileged CONNECTION` in the chat, or "
            "`crm-migrate setup --privileged CONNECTION`.",
            code="privileged_mode_off",
        )
    found = toolbox().tools
    if name in found:
        return found[name]
    if crm_of(name) != mode.crm and crm_of(name) in registry.crm_names():
        raise Refused(
            f"{name} is of another CRM than {mode.connection} ({mode.crm}), for which privileged mode is on.",
            code="privileged_mode_off",
        )
    raise ConfigurationError(f"There is no tool {name!r}. There are: {', '.join(found)}.")


def look(name: str, arguments: Mapping[str, Any]) -> Any:
    """What a reading tool answers."""
    wanted = tool(name)
    with reading(_connection()) as (crm,):
        privileged.require(_connection(), crm.account().id)
        return wanted(crm.client, **wanted.checked(arguments))


def prepare(
    name: str, arguments: Mapping[str, Any], *, parent: RunDirectory | None = None, asked_by: str | None = None
) -> RunDirectory:
    """Ask a changing tool what it would send, and seal that as a run that waits for the approval. Nothing is changed."""
    wanted = tool(name)
    given = wanted.checked(arguments)
    with reading(_connection()) as (crm,):
        account = crm.account()
        connection = privileged.require(_connection(), account.id).connection
        change: Change = wanted(crm.client, **given)
        plan = _plan(crm, connection)
    run = create_run(
        "schema",
        source=connection,
        target=connection,
        target_account=f"{account.name} ({account.id})",
        environment=account.environment.value,
        objects=[],
        parent=parent.id if parent else None,
    )
    run.update(asked_by=asked_by)
    planning.save_plan(plan, run.plan_path)
    run.write_json("sealed", "schema.json", _sealed(name, given, change, connection))
    run.write_json("trusted", "dry.json", {"counts": {}, "findings": [], "samples": [], "forecast": None})
    seal_fingerprint(run, plan)
    run.move(Status.REHEARSED)
    return run


def prepare_undo(parent: RunDirectory) -> RunDirectory:
    """The way back of a call that was carried out, as a call with an approval of its own."""
    back = (parent.read_json("trusted", "live.json") or {}).get("undo")
    if back is None:
        raise ConfigurationError(
            f"{sealed_call(parent)['tool']} of run {parent.id} has no way back: it was not carried out, or it is none that can be taken back. "
            "Nothing was changed."
        )
    return prepare(back["tool"], back["arguments"], parent=parent)


def is_call(run: RunDirectory) -> bool:
    """Whether a run is a call of an admin tool."""
    document = run.read_json("sealed", "schema.json") if run.state().kind == "schema" else None
    return bool(document and document["action"] == CALL)


def sealed_call(run: RunDirectory) -> dict[str, Any]:
    """What was sealed: `tool`, `arguments`, `says`, `before`, `undo`, `destructive`, `requests`."""
    document: dict[str, Any] = run.read_json("sealed", "schema.json")
    return document


def lines(run: RunDirectory) -> list[str]:
    """The change as the person is shown it: what will happen, how it is now, and every request."""
    call = sealed_call(run)
    shown = [f"TAKES SOMETHING AWAY: {call['says']}" if call["destructive"] else call["says"]]
    if call["before"] is not None:
        shown.append(f"now: {_short(call['before'])}")
    for request in call["requests"]:
        body = "" if request["body"] is None else f" {_short(request['body'])}"
        shown.append(f"sends {request['method']} {request['path']}{body}")
    return shown


def way_back(run: RunDirectory) -> str:
    """Whether a call can be taken back, in a sentence."""
    call = sealed_call(run)
    if call["undo"] is None:
        return "None: this cannot be taken back." if call["destructive"] else "None by a program."
    back = f" (by {call['undo']['tool']})" if isinstance(call["undo"], dict) else ""
    return f"`crm-migrate undo {run.id}`{back}, with an approval of its own."


def result(run: RunDirectory) -> Any:
    """What a call that was carried out answered."""
    return (run.read_json("trusted", "live.json") or {}).get("result")


def carry_out(run: RunDirectory, broker: BrokerHandle) -> None:
    """Send the sealed requests in their order, each once. Raises `SchemaDrift` where the tool would send others now."""
    call, plan = sealed_call(run), sealed_plan(run)
    privileged.require(plan.target.connection, plan.target.account_id)
    client = adapter(broker, plan.target.connection).client
    box = registry.admin_toolbox(plan.target.crm)
    progress = run.read_json("trusted", "answers.json") or {"answers": [], "sending": None}
    answers: list[Any] = progress["answers"]
    if progress["sending"] is not None:
        raise OutcomeUnknown(
            f"Whether request {progress['sending'] + 1} of run {run.id} was carried out is not known: no answer came. Look at the schema, "
            "and prepare the change anew if it is missing."
        )
    change = None if answers else _unchanged(call, box.tools[call["tool"]](client, **call["arguments"]))
    for number, document in enumerate(call["requests"]):
        if number >= len(answers):
            answers.append(_send(run, box, client, Request(**document), answers))
    shaped = change.shape(answers) if change and change.shape else answers[-1]
    undo = _undo(change.undo, answers) if change else call["undo"] if isinstance(call["undo"], dict) else None
    done: dict[str, Any] = {"counts": {}, "findings": [], "state": "done", "wake_at": None, "reason": None}
    run.write_json("trusted", "live.json", {**done, "result": shaped, "undo": undo})


def _send(run: RunDirectory, box: Toolbox, client: Any, request: Request, answers: list[Any]) -> Any:
    """One request, with a mark on disk while it is on its way; an answer, or a clear no, takes the mark away."""
    run.write_json("trusted", "answers.json", {"answers": answers, "sending": len(answers)})
    try:
        answer = repeated(lambda: box.send(client, request))
    except OutcomeUnknown:
        raise
    except Exception:  # whatever else it was, it was not sent or was refused: the mark goes, the error goes up
        run.write_json("trusted", "answers.json", {"answers": answers, "sending": None})
        raise
    run.write_json("trusted", "answers.json", {"answers": [*answers, answer], "sending": None})
    return answer


def _unchanged(call: dict[str, Any], change: Change) -> Change:
    now = json.loads(json.dumps([request._asdict() for request in change.requests], default=str))
    if now != call["requests"]:
        raise SchemaDrift(
            f"What {call['tool']} would send is not what was approved: the account changed since. Prepare it again."
        )
    return change


def _sealed(name: str, given: dict[str, Any], change: Change, connection: str) -> dict[str, Any]:
    if not change.requests:
        raise ConfigurationError(f"{change.says} There is nothing to send.")
    return {
        "action": CALL,
        "tool": name,
        "arguments": given,
        "says": change.says,
        "before": change.before,
        "undo": "from the answers" if callable(change.undo) else _undo(change.undo, []),
        "destructive": change.destructive,
        "requests": [request._asdict() for request in change.requests],
        "writes": [
            {
                "method": request.method,
                "path": request.path,
                "connection": connection,
                "body_sha256": body_digest(request.body),
            }
            for request in change.requests
        ],
    }


def _undo(undo: Call | Callable[[list[Any]], Call] | None, answers: list[Any]) -> dict[str, Any] | None:
    back = undo(answers) if callable(undo) else undo
    return None if back is None else {"tool": back.tool, "arguments": dict(back.arguments)}


def _plan(crm: Crm, connection: str) -> Plan:
    """The account alone: nothing moves."""
    account = side(crm, connection)
    return Plan(source=account, target=account, objects={})


def _connection() -> str:
    mode = privileged.current()
    return mode.connection if mode else ""


def _short(document: Any) -> str:
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}… ({len(text):,} characters)"


def _send_nothing(_: Any, request: Request) -> Any:
    raise Refused(f"{request.method} {request.path}: privileged mode is off.", code="privileged_mode_off")
