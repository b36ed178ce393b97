"""Connections for people: what is connected, sealing a credential, and switching privileged mode on at the person's own prompt."""

from __future__ import annotations

import getpass
import sys

from rich.console import Console

from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.model.schema import Account, Environment
from sdrbot_skills.runs import privileged
from sdrbot_skills.runs.brokers import find_source, reading, sources, vault
from sdrbot_skills.runs.held import held_until
from sdrbot_skills.runs.moments import when


def describe_connections() -> list[dict[str, object]]:
    """Each connection with the account that answers, where its credential lies, and whether it is sealed."""
    found: list[dict[str, object]] = []
    for source in sources():
        entry: dict[str, object] = {
            "name": source.name,
            "crm": source.crm,
            "where": source.where,
            "sealed": not source.plain,
        }
        found.append(entry)
    return found


def show_connections(console: Console) -> None:
    """The same, for people."""
    for entry in describe_connections():
        state = "sealed" if entry["sealed"] else "kept in the clear"
        console.print(f"{entry['name']}: {entry['crm']}, {state} ({entry['where']})", markup=False)
    if (until := held_until()) is not None:
        console.print(
            f"Open for reading without a passphrase; it ends {when(until)}, or by `crm-migrate setup --hold 0`.",
            markup=False,
        )
    mode = privileged.current()
    console.print(mode.banner if mode else "Privileged mode is off.", markup=False)


def ask_privileged(connection: str, console: Console) -> privileged.PrivilegedMode:
    """Ask the person and switch privileged mode on: the account's name typed for a practice CRM, the passphrase at a terminal for any other."""
    name = find_source(connection).name
    with reading(name) as (crm,):
        account = crm.account()
    console.print(
        f"Privileged mode is for {account.name} ({account.crm}, account {account.id}, {account.environment.value}) alone, for half an hour. "
        "The agent can then prepare changes of its fields, options, objects and pipelines; each one is shown to you and needs your approval.",
        markup=False,
    )
    _confirm(name, account, console)
    mode = privileged.switch_on(name, account)
    console.print(mode.banner, markup=False)
    return mode


def only_connection() -> str:
    """The only connection there is. Raises `ConfigurationError` where there are several to choose from."""
    names = [source.name for source in sources()]
    if len(names) != 1:
        raise ConfigurationError(f"Say for which connection: {', '.join(names) or 'none is connected'}.")
    return names[0]


def _confirm(name: str, account: Account, console: Console) -> None:
    if account.environment is Environment.LAB:
        console.print(f"Type the account's name, {account.name}, to switch it on:", markup=False)
        if sys.stdin.readline().strip().casefold() != account.name.casefold():
            raise Refused("That is not the account's name; privileged mode stays off.", code="wrong_account_name")
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused("Privileged mode for this account needs your passphrase at a real terminal.", code="no_terminal")
    source = find_source(name)
    if source.plain:
        raise Refused(f"Seal the credential first: `crm-migrate setup --seal {name}`.", code="plain_credential")
    vault().unseal(name, getpass.getpass(f"Passphrase of {name}: "))


def seal(connection: str, console: Console) -> None:
    """Seal a connection's credential with a passphrase typed twice at a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused("A passphrase is typed at a real terminal; nothing was sealed.", code="no_terminal")
    source = find_source(connection)
    spec = source.spec()
    first = getpass.getpass(f"New passphrase for {source.name} (at least 8 characters): ")
    if first != getpass.getpass("The same again: "):
        raise Refused(
            f"The two passphrases differ; nothing was sealed. Once more: `crm-migrate setup --seal {source.name}`.",
            code="passphrases_differ",
        )
    credential = spec.credential.model_dump(mode="json", context={"reveal": True})
    vault().seal(source.name, credential, first, {"crm": spec.crm, "origin": spec.origin})
    console.print(
        f"{source.name} is sealed. Now remove it from {source.where}: what lies there in the clear is not protected.",
        markup=False,
    )
