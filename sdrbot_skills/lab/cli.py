"""`crm-migrate lab`: practice CRMs on this machine. Exit codes: 0 done, 2 not possible as asked (the reason is shown)."""

import shlex
import shutil
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any, NoReturn

import orjson
import typer

from sdrbot_skills import lab
from sdrbot_skills.lab import state
from sdrbot_skills.lab.processes import Emulator, LabError, start

app = typer.Typer(name="lab", help="Practice CRMs: local emulators without any real customer.", no_args_is_help=True)
faults = typer.Typer(help="Make a practice CRM misbehave on purpose.", no_args_is_help=True)
app.add_typer(faults, name="fault")

CRMS = tuple(sorted(one.name for one in iter_modules(lab.__path__) if one.ispkg and one.name not in ("core", "plain")))
USUAL = ("hubspot", "salesforce")
Name = Annotated[str, typer.Option("--name", help="Name of the practice account; another name is another account.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def up(
    crm: Annotated[str, typer.Option(help="Which CRMs, separated by commas.")] = ",".join(USUAL),
    name: Name = "default",
    data: Annotated[Path | None, typer.Option(help="Keep the data in this folder (default: temporary).")] = None,
    environment: Annotated[str, typer.Option(help="lab, or production: then it denies being a lab.")] = "lab",
    limits: Annotated[
        str, typer.Option(help="none, or vendor: rate limits and search lag as the vendors have.")
    ] = "none",
    empty: Annotated[bool, typer.Option("--empty", help="Start without records (the default).")] = False,
    seed: Annotated[str, typer.Option(help="demo: put a believable company into the first of them.")] = "",
    as_json: AsJson = False,
) -> None:
    """Start practice CRMs in the background and say how to reach them."""
    crms = [part.strip() for part in crm.split(",") if part.strip()]
    _check("--crm", set(crms) - set(CRMS), CRMS)
    _check("--environment", {environment} - {"lab", "production"}, ("lab", "production"))
    _check("--limits", {limits} - {"none", "vendor"}, ("none", "vendor"))
    _check("--seed", {seed} - {"", "demo"}, ("demo",))
    if empty and seed:
        _refuse("--empty and --seed exclude each other")
    known = state.load(name)
    missing = [one for one in crms if one not in known]
    different = [e for e in known.values() if e.crm in crms and e.options.get("environment") != environment]
    if different:
        _refuse(f"{different[0].crm} runs already with another --environment; `lab down` first")
    try:
        state.save(name, known)  # where nothing can be written, nothing is started that nobody could stop again
        for emulator in start(missing, data=data, name=name, environment=environment, limits=limits):
            known[emulator.crm] = emulator
            state.save(name, known)
            if seed and emulator.crm == crms[0]:
                _seed(emulator)
    except LabError as error:
        _refuse(str(error))
    _show_up({one: known[one] for one in crms}, as_json)


@app.command()
def down(
    name: Name = "default",
    everything: Annotated[bool, typer.Option("--all", help="Every practice account.")] = False,
) -> None:
    """Stop practice CRMs; temporary data is gone afterwards."""
    for one in state.names() if everything else [name]:
        for emulator in state.load(one).values():
            emulator.stop()
            typer.echo(f"{emulator.crm} ({one}) stopped")
        shutil.rmtree(state.folder(one), ignore_errors=True)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Which practice CRMs run."""
    found = [asdict(emulator) for name in state.names() for emulator in state.load(name).values()]
    if as_json:
        _print(found)
        return
    for emulator in found:
        typer.echo(f"{emulator['crm']:<12}{emulator['name']:<12}{emulator['base_url']}  {emulator['account']['name']}")
    if not found:
        typer.echo("no practice CRM is running")


@app.command()
def env(name: Name = "default") -> None:
    """The variables to export, for a shell: eval "$(crm-migrate lab env)"."""
    for emulator in state.load(name).values():
        for variable, value in emulator.env.items():
            typer.echo(f"export {variable}={shlex.quote(value)}")


@faults.command("set")
def set_fault(
    crm: Annotated[str, typer.Argument(help="Which CRM, e.g. hubspot")],
    spec: Annotated[str, typer.Argument(help='The fault as JSON, e.g. {"action": "reset", "when": "after_commit"}')],
    name: Name = "default",
) -> None:
    """Order a fault for requests to come."""
    try:
        fields = orjson.loads(spec)
        _emulator(name, crm).fault(**fields)
    except (orjson.JSONDecodeError, TypeError, LabError) as error:
        _refuse(str(error))


@faults.command("list")
def list_faults(crm: Annotated[str, typer.Argument()], name: Name = "default") -> None:
    """Ordered faults and how often they hit."""
    _print(_emulator(name, crm).faults())


@faults.command("clear")
def clear_faults(crm: Annotated[str, typer.Argument()], name: Name = "default") -> None:
    """Forget all faults."""
    _emulator(name, crm).clear_faults()


def _emulator(name: str, crm: str) -> Emulator:
    found = state.load(name).get(crm)
    if found is None:
        _refuse(f"no practice {crm} named {name} is running; `lab up --crm {crm} --name {name}` starts one")
    return found


def _seed(emulator: Emulator) -> None:
    from sdrbot_skills.lab.plain import ACCOUNTS, demo  # word lists that only this option needs
    from sdrbot_skills.lab.seed import seed_hubspot

    if emulator.crm == "hubspot":  # with fields of its own and people who have opted out
        seed_hubspot(emulator.base_url, emulator.env)
    else:
        with closing(ACCOUNTS[emulator.crm](emulator)) as account:
            demo.seed(account)


def _show_up(emulators: dict[str, Emulator], as_json: bool) -> None:
    if as_json:
        _print({crm: _facts(emulator) for crm, emulator in emulators.items()})
        return
    for emulator in emulators.values():
        typer.echo(
            f"{emulator.crm}: {emulator.account['name']} (account {emulator.account['id']}) at {emulator.base_url}"
        )
        for variable, value in emulator.env.items():
            typer.echo(f"  export {variable}={value}")


def _facts(emulator: Emulator) -> dict[str, Any]:
    facts: dict[str, Any] = {"base_url": emulator.base_url, "account": emulator.account, "env": emulator.env}
    if emulator.options.get("environment") == "production":
        facts["control_token"] = emulator.control_token
    return facts


def _check(option: str, wrong: set[str], allowed: tuple[str, ...]) -> None:
    if wrong:
        _refuse(f"{option} cannot be {', '.join(sorted(wrong))}; it can be {' or '.join(allowed)}")


def _refuse(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(2)


def _print(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
