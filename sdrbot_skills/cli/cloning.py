"""`lab clone-schema`: a practice CRM with the schema of a connected account, so that a migration can be rehearsed. No record leaves the account."""

from __future__ import annotations

from typing import Annotated, Any

import httpx
import typer

from sdrbot_skills.cli.output import console, print_json
from sdrbot_skills.errors import ConfigurationError, Refused, Retriable
from sdrbot_skills.lab import Emulator, LabError, cloning, start, state
from sdrbot_skills.lab.cli import app as lab
from sdrbot_skills.runs.brokers import discover_broker, find_source
from sdrbot_skills.transport.connection import Connection, find_connection
from sdrbot_skills.transport.sockets import httpx_client

HIDDEN = frozenset({204, 400, 403, 404})
"""How vendors answer for what a credential may not see, or an account does not have."""

PEOPLE = (
    "Its users are made-up ones, since names and addresses of people are not cloned: a plan that goes there asks whose the records of "
    "the real users become; answer it for the rehearsal only."
)


def add_to(_: typer.Typer) -> None:
    """Mount the command below `lab`."""
    lab.command("clone-schema")(clone_schema)


def clone_schema(
    connection: Annotated[str, typer.Argument(help="The connection whose schema is wanted.", show_default=False)],
    name: Annotated[str, typer.Option("--name", help="Name of the practice account that gets it.")] = "clone",
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Start a practice CRM with the schema of a connected account: its fields, options, pipelines and own objects, and none of its records."""
    crm = find_source(connection).crm
    known = state.load(name)
    if crm in known:
        raise ConfigurationError(f"A practice {crm} named {name} runs already; `lab down --name {name}` first.")
    with discover_broker([connection]) as broker:
        source = find_connection(find_source(connection).name, str(broker.socket))
        answers = schema_answers(source)
    emulator, taken = cloned(crm, name, f"{source.account.name} (practice)", answers)
    known[crm] = emulator
    state.save(name, known)
    if json:
        facts = {"base_url": emulator.base_url, "account": emulator.account, "env": emulator.env, "people": PEOPLE}
        print_json({**facts, **taken})
        return
    fields = ", ".join(f"{count:,} of {one}" for one, count in taken["fields"].items())
    console.print(
        f"{crm} {name}: {emulator.account['name']} at {emulator.base_url}, with the fields {fields}.", markup=False
    )
    for path in taken["left_out"]:
        console.print(f"  ! not readable with this credential, left as the vendor's standard: {path}", markup=False)
    console.print("  " + PEOPLE, markup=False)
    console.print(f'eval "$(crm-migrate lab env --name {name})" makes it the connection {crm}-{name}.', markup=False)


def cloned(crm: str, name: str, account: str, answers: dict[str, Any]) -> tuple[Emulator, dict[str, Any]]:
    """The emulator with that schema, and what it took over; none is left behind where it could not."""
    try:
        (emulator,) = start([crm], name=name, account_name=account)
        try:
            return emulator, emulator.control("schema", answers=answers)
        except LabError:
            emulator.stop()
            raise
    except LabError as error:
        raise ConfigurationError(str(error)) from error


def schema_answers(source: Connection) -> dict[str, Any]:
    """The raw schema answers of an account, by address; `None` for what its credential may not see."""
    answers: dict[str, Any] = {}
    with httpx_client(source) as client:
        try:
            while paths := cloning.wanted(source.crm, answers, source.api_version):
                for path in paths:
                    answers[path] = _answer(client, path)
        except LabError as error:
            raise ConfigurationError(str(error)) from error
    return answers


def _answer(client: httpx.Client, path: str) -> Any:
    method, address, body = ("GET", path, None) if path.startswith("/") else path.split(" ", 2)
    headers = {"Content-Type": "application/json"} if body else {}
    try:
        answer = client.request(method, address, content=body, headers=headers)
    except httpx.TransportError as error:
        raise Retriable(f"The account does not answer ({type(error).__name__}); nothing was cloned.") from error
    if answer.headers.get("X-Broker-Refused"):
        refusal = answer.json()
        raise Refused(refusal["message"], code=refusal["code"])
    if answer.status_code in HIDDEN:
        return None
    if answer.status_code != 200:
        raise ConfigurationError(
            f"{method} {address.partition('?')[0]} was answered {answer.status_code}; nothing was cloned."
        )
    return answer.json()
