"""`admin`: the admin tools from the command line, while privileged mode is on; a change is approved here, at the terminal."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sdrbot_skills.cli.output import console, errors, exiting, print_json, table
from sdrbot_skills.cli.progress import follow
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.runs import admin_calls, approving, going
from sdrbot_skills.runs.state import Status

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
MOST_COLUMNS = 7


def add_to(app: typer.Typer) -> None:
    """Mount the command."""
    app.command()(exiting(admin))


def admin(
    tool: Annotated[str | None, typer.Argument(help="The tool's name; without one they are listed.")] = None,
    arguments: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Its parameters.")] = None,
    json: Json = False,
) -> int:
    """Look at a CRM's schema, or change it: fields, options, objects, pipelines. Needs `setup --privileged CONNECTION`."""
    if tool is None:
        return _list(json)
    given = _pairs(arguments or [])
    if not admin_calls.tool(tool).changes:
        return _show(admin_calls.look(tool, given), json)
    run = admin_calls.prepare(tool, given)
    approving.approve(run, console=errors if json else console)
    going.start(run)
    state = follow(run, quiet=True)
    done = state.status == Status.DONE
    back = admin_calls.way_back(run) if done else None
    document = {"run": run.id, "status": state.status, "result": admin_calls.result(run), "way_back": back}
    if json:
        print_json({**document, "reason": state.reason})
    else:
        console.print(
            f"{run.id}: {state.plain}. The way back: {back}" if done else f"{run.id}: {state.plain}", markup=False
        )
    return 0 if done else 1


def _list(json: bool) -> int:
    found: list[dict[str, Any]] = [
        {
            "tool": name,
            "parameters": list(one.parameters.model_fields),
            "changes": one.changes,
            "about": one.description,
        }
        for name, one in admin_calls.toolbox().tools.items()
    ]
    if not found:
        admin_calls.tool("An admin tool")  # says how the person switches privileged mode on
    if json:
        print_json({"tools": found})
    else:
        rows = [[one["tool"], ", ".join(one["parameters"]), "changes" if one["changes"] else ""] for one in found]
        table("Admin tools", ["tool", "parameters", ""], rows)
    return 0


def _pairs(words: list[str]) -> dict[str, str]:
    given = [word.partition("=") for word in words]
    if wrong := [key for key, equals, _ in given if not equals]:
        raise ConfigurationError(f"Parameters are written KEY=VALUE, not {', '.join(wrong)}. Nothing was called.")
    return {key: value for key, _, value in given}


def _show(found: Any, json: bool) -> int:
    if json:
        print_json(found)
    elif isinstance(found, list) and found:
        columns = [name for name, value in found[0].items() if not isinstance(value, (dict, list))][:MOST_COLUMNS]
        table(f"{len(found)} found", columns, [[_cell(entry.get(name)) for name in columns] for entry in found])
    else:
        console.print_json(data=found, default=str)
    return 0


def _cell(value: Any) -> Any:
    """As the CRM spells it: an id with separators could not be given to the next tool."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return "" if value is None else {True: "yes", False: ""}[value] if isinstance(value, bool) else value
