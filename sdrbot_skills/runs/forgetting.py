"""Forgetting a connection: its credentials leave this machine's vault and keyring. Runs and practice CRMs stay, and the person is told so."""

from __future__ import annotations

from sdrbot_skills.credentials.keyrings import forget_connection, reading_connections, saved_connections
from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.planning.valuemaps import counted
from sdrbot_skills.runs import holding, privileged
from sdrbot_skills.runs.brokers import READING, sources, vault
from sdrbot_skills.runs.directory import RunDirectory, all_runs
from sdrbot_skills.runs.person import Person, agrees
from sdrbot_skills.runs.run_broker import open_broker
from sdrbot_skills.runs.state import Status


def forget_credentials(name: str, person: Person) -> None:
    """Ask, remove every credential that we keep under this name, and say what stays.

    Raises `ConfigurationError` where we keep none (the message says where it lies instead), `Refused` where a run is at work with it or the person
    says no.
    """
    kept = _kept(name)
    if not kept:
        raise ConfigurationError(_lies_elsewhere(name))
    opened = [run for run in all_runs() if _has_open(run, name)]
    for run in opened:
        if run.state().status is Status.RUNNING:
            raise Refused(f"Run {run.id} is at work with {name}. Let it end first.", code="at_work")
    person.say(f"{name} is kept in {' and in '.join(kept)}.")
    if not agrees(person, f"Forget {name}? To use it again you connect it anew.", otherwise=False):
        raise Refused("Nothing was forgotten.", code="gave_up")
    _remove(name, opened)
    person.say(f"{name} is forgotten.")
    for line in _what_stays(name, opened):
        person.say(line)


def _kept(name: str) -> list[str]:
    places = {
        "the sealed vault": name in vault().names(),
        "the sealed vault (a second credential, for reading)": name + READING in vault().names(),
        "the system keyring": any(one.name == name for one in saved_connections()),
        "the system keyring (a second credential, for reading)": any(one.name == name for one in reading_connections()),
    }
    return [place for place, is_there in places.items() if is_there]


def _has_open(run: RunDirectory, name: str) -> bool:
    broker = open_broker(run)
    return broker is not None and any(entry["name"] == name for entry in broker.connections)


def _remove(name: str, opened: list[RunDirectory]) -> None:
    """What has it open first, so that nothing goes on with a credential that the person takes for gone."""
    holding.let_go()
    if (mode := privileged.current()) is not None and mode.connection == name:
        privileged.switch_off()
    for run in opened:
        if (broker := open_broker(run)) is not None:
            broker.stop()
    vault().forget(name)
    vault().forget(name + READING)
    forget_connection(name)
    forget_connection(name, reading=True)


def _what_stays(name: str, opened: list[RunDirectory]) -> list[str]:
    lines = [f"The approval of run {run.id} had it open and needs to be given again." for run in opened]
    lines += [
        f"{name} is still found in {one.where}. Remove it there yourself." for one in sources() if one.name == name
    ]
    used = sum(name in (state.source, state.target) for state in (run.state() for run in all_runs()))
    if used:
        lines.append(
            f"{counted(used, 'run')} of {name} in this folder stay, with the customers' values they hold: "
            "`crm-migrate forget RUN` removes these. Without the connection none of them can be proven or taken back."
        )
    lines.append("The key itself stays good at the vendor until you revoke it there. Practice CRMs are not touched.")
    return lines


def _lies_elsewhere(name: str) -> str:
    for one in sources():
        if one.name == name:
            return f"{name} lies in {one.where}, which is not ours to change. Remove it there."
    names = ", ".join(one.name for one in sources()) or "none"
    return f"There is no connection called {name!r}. Connected: {names}."
