"""Which emulators run in the background: `<state>/lab/<name>/state.json`, state = .crm-migrate or CRM_MIGRATE_HOME."""

import os
from dataclasses import asdict
from pathlib import Path

import orjson

from sdrbot_skills.lab.processes import Emulator


def home() -> Path:
    return Path(os.environ.get("CRM_MIGRATE_HOME") or ".crm-migrate") / "lab"


def folder(name: str) -> Path:
    return home() / name


def names() -> list[str]:
    return sorted(path.parent.name for path in home().glob("*/state.json"))


def load(name: str) -> dict[str, Emulator]:
    """Those of this name that still live, by CRM."""
    file = folder(name) / "state.json"
    if not file.exists():
        return {}
    emulators = {crm: Emulator(**facts) for crm, facts in orjson.loads(file.read_bytes()).items()}
    return {crm: emulator for crm, emulator in emulators.items() if emulator.alive()}


def save(name: str, emulators: dict[str, Emulator]) -> None:
    file = folder(name) / "state.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.parent.chmod(0o700)
    partial = file.with_suffix(".part")
    partial.write_bytes(orjson.dumps({crm: asdict(emulator) for crm, emulator in emulators.items()}))
    partial.chmod(0o600)
    partial.rename(file)
