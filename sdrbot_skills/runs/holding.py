"""Opening a read-only broker for some hours, so that looking and rehearsing ask for no passphrase meanwhile; and closing it.

Nothing that could write is opened: the broker is one for dry runs, and its process is all that holds the credentials. But whoever has the person's shell
can read both accounts through it until it ends, which is said to the person, who decides.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from functools import partial

from sdrbot_skills.broker.launch import attach, start
from sdrbot_skills.broker.spec import BrokerSpec
from sdrbot_skills.credentials.connections import ConnectionSource
from sdrbot_skills.credentials.model import ConnectionSpec
from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.runs.brokers import READING, as_is, credential_of, sources, vault
from sdrbot_skills.runs.directory import write_whole
from sdrbot_skills.runs.held import UNTIL, held_folder
from sdrbot_skills.runs.moments import when
from sdrbot_skills.runs.person import Person

HOUR = 3600.0
LONGEST_HOURS = 24.0


def hold(hours: float, person: Person) -> None:
    """Ask for the passphrases and open every connection for reading. Raises `Refused` for a wrong passphrase."""
    if not 0 < hours <= LONGEST_HOURS:
        raise ConfigurationError(f"Between 0 and {LONGEST_HOURS:.0f} hours; nothing was opened.")
    known = sources(reading=True)
    if all(source.plain for source in known):
        raise ConfigurationError("No credential is sealed, so that nothing asks for a passphrase. Nothing was opened.")
    person.say(
        "Until it ends, whoever has your shell can read these accounts without a passphrase, and write to none: "
        + ", ".join(source.name for source in known)
    )
    connections = _opened(known, person)
    let_go()
    held_folder().mkdir(mode=0o700)
    until = time.time() + hours * HOUR
    write_whole(held_folder() / UNTIL, json.dumps({"until": until}).encode())
    start(
        BrokerSpec(
            purpose="dry",
            connections=connections,
            trusted_dir=str(held_folder()),
            lifetime_seconds=hours * HOUR,
            jobs=True,
            detached=True,
        )
    )
    person.say(f"Open for reading; it ends {when(until)}, or by `crm-migrate setup --hold 0`.")


def let_go() -> bool:
    """End it; whether there was one."""
    found = attach(held_folder())
    if found is not None:
        found.stop()
    shutil.rmtree(held_folder(), ignore_errors=True)
    return found is not None


def _opened(known: list[ConnectionSource], person: Person) -> tuple[ConnectionSpec, ...]:
    """Each with its credential; a passphrase that was typed is tried for the next one before another is asked for."""
    typed: list[str] = []
    opened = []
    for source in {source.name: source for source in reversed(known)}.values():
        if source.plain:
            opened.append(source.spec())
            continue
        second = f"{source.name}{READING}"
        kept = second if second in vault().names() else source.name
        credential = credential_of(_unsealed(kept, typed, person))
        opened.append(replace(source, open=partial(as_is, credential)).spec())
    return tuple(opened)


def _unsealed(name: str, typed: list[str], person: Person) -> dict[str, object]:
    for passphrase in typed:
        try:
            return vault().unseal(name, passphrase)
        except Refused:
            continue  # this one has a passphrase of its own
    passphrase = person.secret(f"Passphrase of {name}")
    document = vault().unseal(name, passphrase)
    typed.append(passphrase)
    return document
