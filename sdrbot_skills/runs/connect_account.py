"""Connecting an account: what to make at the vendor, what to paste, a test of what was really granted, and the seal."""

from __future__ import annotations

import getpass
import sys
from importlib import resources
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from ruamel.yaml import YAML

from sdrbot_skills.broker.launch import start
from sdrbot_skills.broker.spec import BrokerSpec
from sdrbot_skills.credentials.model import ConnectionSpec, Credential
from sdrbot_skills.crm.registry import crm_names
from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.runs.brokers import adapter, vault

OBJECTS = {"company", "person", "deal"}


def connect(crm: str, console: Console, name: str | None = None) -> None:
    """Lead the person through connecting one account, and seal its credential. Only at a real terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused("A credential is typed at a real terminal; nothing was connected.", code="no_terminal")
    guide = connecting_guide(crm)
    for number, step in enumerate(guide["steps"], 1):
        console.print(f"{number}. {step}", markup=False)
    console.print("   " + " ".join(guide["scopes"]), markup=False)
    given = {ask["name"]: _ask(ask) for ask in guide["asks"]}
    origin = given.pop("origin", guide.get("origin", "")).rstrip("/")
    credential = TypeAdapter[Credential](Credential).validate_python({"kind": guide["credential"], **given})
    spec = ConnectionSpec(name=name or crm, crm=crm, origin=origin, credential=credential)
    _try(spec, console)
    _seal(spec, console)


def connecting_guide(crm: str) -> dict[str, Any]:
    """The data of `crm/<crm>/connecting.yaml`."""
    if crm not in crm_names():
        raise ConfigurationError(f"There is no CRM called {crm!r} here. Known: {', '.join(crm_names())}.")
    text = resources.files("sdrbot_skills").joinpath("crm", crm, "connecting.yaml").read_text(encoding="utf-8")
    guide: dict[str, Any] = YAML(typ="safe").load(text)
    return guide


def _ask(ask: dict[str, Any]) -> str:
    if ask.get("secret"):
        return getpass.getpass(f"{ask['text']}: ").strip()
    sys.stderr.write(f"{ask['text']}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _try(spec: ConnectionSpec, console: Console) -> None:
    """Connect for real and say who answers and what this credential cannot see."""
    with start(BrokerSpec(purpose="discover", connections=(spec,))) as broker:
        crm = adapter(broker, spec.name)
        wanted = [entry.name for entry in crm.objects() if entry.standard in OBJECTS]
        found = crm.preflight(wanted)
    console.print(
        f"Connected: {found.account.name} ({found.account.id}, {found.account.environment.value}).", markup=False
    )
    for blind in found.blind:
        console.print(f"  ! {blind.subject}: {blind.message} {blind.cure}", markup=False)
    for allowance in found.allowances:
        console.print(
            f"  {allowance.name}: {allowance.remaining} of {allowance.limit} {allowance.unit} left", markup=False
        )


def _seal(spec: ConnectionSpec, console: Console) -> None:
    first = getpass.getpass(f"New passphrase for {spec.name} (at least 8 characters): ")
    if first != getpass.getpass("The same again: "):
        raise Refused("The two differ; nothing was kept.", code="passphrases_differ")
    credential = spec.credential.model_dump(mode="json", context={"reveal": True})
    vault().seal(spec.name, credential, first, {"crm": spec.crm, "origin": spec.origin})
    console.print(f"{spec.name} is connected and sealed.", markup=False)
