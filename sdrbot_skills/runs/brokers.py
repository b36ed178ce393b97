"""Starting the broker for one purpose, with the credentials of the connections it needs."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from pydantic import TypeAdapter

from sdrbot_skills.approval.vault import Vault
from sdrbot_skills.broker.launch import BrokerHandle, start
from sdrbot_skills.broker.spec import BrokerSpec, Limits, Purpose
from sdrbot_skills.credentials.connections import ConnectionSource, list_connections
from sdrbot_skills.credentials.keyrings import reading_connections
from sdrbot_skills.credentials.model import ConnectionSpec, Credential, Role
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.registry import open_connection
from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs.held import held_broker
from sdrbot_skills.runs.home import state_directory
from sdrbot_skills.transport.connection import find_connection

READ_ONLY: tuple[Purpose, ...] = ("discover", "dry", "verify")
READING = ".reading"
"""Ends the name under which a second credential, which can only read, is sealed."""


def vault() -> Vault:
    """The sealed credentials of this working directory."""
    return Vault(state_directory() / "vault.json")


def sources(*, reading: bool = False) -> list[ConnectionSource]:
    """Every connection that has a credential, the sealed ones first; for `reading`, the second credentials that can only read before them."""
    return list_connections(os.environ, [*(reading_sources() if reading else ()), *sealed_sources()])


def reading_sources() -> list[ConnectionSource]:
    """The second credentials: in the keyring, or sealed beside the first where this machine has no keyring."""
    kept = vault()
    sealed = [_sealed(kept, name) for name in kept.names() if name.endswith(READING)]
    return [*reading_connections(), *(replace(one, name=one.name.removesuffix(READING)) for one in sealed)]


def sealed_sources() -> list[ConnectionSource]:
    """The sealed connections; opening one asks for its passphrase at the terminal."""
    kept = vault()
    return [_sealed(kept, name) for name in kept.names() if not name.endswith(READING)]


def unsealed_connections(plan: Plan, passphrase: str) -> list[ConnectionSpec]:
    """Both connections of a plan, the sealed ones opened by this passphrase. Raises `Refused` (`wrong_passphrase`)."""
    opened = []
    for name, role in _roles(plan).items():
        source = find_source(name)
        if not source.plain:
            credential = credential_of(vault().unseal(name, passphrase))
            source = replace(source, open=partial(as_is, credential))
        opened.append(source.spec(role=role))
    return opened


def as_is(credential: Credential) -> Credential:
    """What opens a connection whose credential is at hand."""
    return credential


def _sealed(kept: Vault, name: str) -> ConnectionSource:
    about = kept.about(name)

    def open_sealed() -> Credential:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise Refused(
                f"The credential of {name} is sealed and its passphrase is typed at a terminal, which there is none of here. "
                "Nothing was sent; the person gives the same command in a terminal of theirs.",
                code="no_terminal",
            )
        return credential_of(kept.unseal(name, getpass.getpass(f"Passphrase of {name}: ")))

    return ConnectionSource(
        name=name, crm=about["crm"], origin=about["origin"], where="the sealed vault", plain=False, open=open_sealed
    )


def credential_of(document: dict[str, Any]) -> Credential:
    """A credential as the vault keeps it."""
    return TypeAdapter[Credential](Credential).validate_python(document)


def find_source(name: str, *, reading: bool = False) -> ConnectionSource:
    """The connection of that name, or the only one of the CRM of that name; for `reading` by its second credential, where it has one."""
    known = sources(reading=reading)
    exact = [source for source in known if source.name == name]
    same_crm = [source for source in known if source.crm == name]
    if exact or len(same_crm) == 1:
        return (exact or same_crm)[0]
    names = ", ".join(source.name for source in known) or "none"
    raise ConfigurationError(
        f"There is no connection called {name!r}. Connected: {names}. `crm-migrate setup` connects an account."
    )


@contextmanager
def discover_broker(names: Sequence[str] | None = None) -> Iterator[BrokerHandle]:
    """A read-only broker for the connections of these names (all that are found, unless named)."""
    wanted = sources(reading=True) if names is None else [find_source(name, reading=True) for name in names]
    if not wanted:
        raise ConfigurationError(
            "No CRM is connected. `crm-migrate setup` connects one; `crm-migrate lab up` starts practice CRMs."
        )
    unique = {source.name: source for source in wanted}.values()
    if (held := held_broker([source.name for source in unique])) is not None:
        yield held
        return
    spec = BrokerSpec(purpose="discover", connections=tuple(source.spec() for source in unique))
    handle = start(spec)
    try:
        yield handle
    finally:
        handle.stop()


@contextmanager
def reading(*names: str) -> Iterator[list[Crm]]:
    """The adapters of these connections on one read-only broker, in their order."""
    resolved = [find_source(name).name for name in names]
    with discover_broker(resolved) as handle:
        yield [adapter(handle, name) for name in resolved]


def adapter(handle: BrokerHandle, name: str) -> Crm:
    """The adapter of one connection on this broker."""
    return open_connection(find_connection(name, str(handle.socket)))


@contextmanager
def plan_broker(
    plan: Plan, purpose: Purpose, connections: Sequence[ConnectionSpec] | None = None, **settings: Any
) -> Iterator[BrokerHandle]:
    """The broker of one purpose for the two accounts a plan names; it refuses to start where another account answers."""
    if purpose in READ_ONLY and connections is None and (held := held_broker(_accounts(plan), _accounts(plan))):
        yield held
        return
    handle = start(plan_spec(plan, purpose, connections, **settings))
    try:
        yield handle
    finally:
        handle.stop()


def plan_spec(
    plan: Plan, purpose: Purpose, connections: Sequence[ConnectionSpec] | None = None, **settings: Any
) -> BrokerSpec:
    """What that broker is told."""
    return BrokerSpec(
        purpose=purpose,
        connections=tuple(connections or plan_connections(plan, reading=purpose in READ_ONLY)),
        accounts=_accounts(plan),
        limits=Limits(share=plan.limits.share),
        jobs=plan.limits.lane != "collections",
        **settings,
    )


def plan_connections(plan: Plan, *, reading: bool = False) -> list[ConnectionSpec]:
    """Both connections of a plan with their roles and credentials."""
    return [find_source(name, reading=reading).spec(role=role) for name, role in _roles(plan).items()]


def _accounts(plan: Plan) -> dict[str, str]:
    return {plan.source.connection: plan.source.account_id, plan.target.connection: plan.target.account_id}


def _roles(plan: Plan) -> dict[str, Role]:
    roles: dict[str, Role] = {plan.source.connection: "source", plan.target.connection: "target"}
    if len(roles) == 1 and plan.objects:
        raise ConfigurationError(
            f"Source and target are both {plan.source.connection}; a migration needs two accounts. `crm-migrate setup` connects a second one."
        )
    return roles


def audited(broker: BrokerHandle, event: str) -> list[dict[str, Any]]:
    """The entries of one kind in a broker's audit."""
    if broker.trusted_dir is None:
        return []
    with (broker.trusted_dir / "audit.jsonl").open("rb") as lines:
        lines.seek(broker.audit_from)
        entries = [orjson.loads(line) for line in lines]
    return [entry for entry in entries if entry["event"] == event]
