"""What an approval is bound to. Two fingerprints differ in named parts, so that a refusal can say what changed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

import sdrbot_skills

# The rooms a script can import in the sandbox; a change in another room changes nothing for an approved script.
INSIDE = ("errors.py", "model", "transport", "crm", "auth", "engine", "script")


class Fingerprint(BaseModel):
    """The parts of one run that must not change between approval and start. Equal parts give an equal `digest()`, whenever they were made.

    `accounts`: role -> {"crm", "id", "environment"}. `budgets`: whatever the broker is told, as JSON. `created_at` is the time of the
    dry run (epoch seconds); it limits the age of an approval and is not part of the digest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    script_sha256: str
    plan_sha256: str
    policy_sha256: str
    environment_sha256: str
    dry_run_sha256: str
    touched_schema_sha256: str
    scope_sha256: str
    budgets: dict[str, Any]
    accounts: dict[str, dict[str, str]]
    created_at: float = Field(default_factory=time.time)

    def digest(self) -> str:
        """sha256 of the canonical JSON of all parts."""
        parts = self.model_dump(mode="json", exclude={"created_at"})
        return hashlib.sha256(_canonical(parts)).hexdigest()


class Difference(NamedTuple):
    """One part that changed: its machine-readable name and a sentence for the person."""

    part: str
    plain_words: str


# part -> (the name a refusal carries, what the person reads)
_WORDS = {
    "accounts": ("account", "another account or environment answers than the one that was approved"),
    "script_sha256": ("script", "the script was changed"),
    "plan_sha256": ("plan", "the plan was changed"),
    "budgets": ("budget", "the numbers of records to write are not the ones that were approved"),
    "scope_sha256": ("scope", "the list of records to move is not the one that was approved"),
    "touched_schema_sha256": (
        "touched_schema",
        "a field, option or object that the plan uses was changed in one of the accounts",
    ),
    "dry_run_sha256": ("dry_run", "the result of the dry run is not the one that was shown"),
    "policy_sha256": (
        "policy",
        "the rules of what may be sent to the CRMs were changed (a new version of this product?)",
    ),
    "environment_sha256": ("environment", "Python or an installed package is not the version that the dry run used"),
}


def compare(approved: Fingerprint, current: Fingerprint) -> list[Difference]:
    """What is different now, the weightiest first; empty when the approval still fits."""
    return [Difference(*words) for part, words in _WORDS.items() if getattr(approved, part) != getattr(current, part)]


def environment_digest() -> str:
    """sha256 over the interpreter and everything a script can import: each package's own list of files and their hashes."""
    packages = sorted(_installed(distribution) for distribution in importlib.metadata.distributions())
    interpreter = [platform.python_implementation(), sys.version, platform.machine()]
    return hashlib.sha256(_canonical([interpreter, packages, _own_code()])).hexdigest()


def _installed(distribution: importlib.metadata.Distribution) -> list[str]:
    record = distribution.read_text("RECORD") or ""
    return [distribution.metadata["Name"] or "", distribution.version, hashlib.sha256(record.encode()).hexdigest()]


def _own_code() -> list[list[str]]:
    """Our own files by content: an editable install lists none of them in its RECORD."""
    package = Path(sdrbot_skills.__file__).parent
    files = [file for name in INSIDE for file in _sources(package / name)]
    return sorted([str(file.relative_to(package)), hashlib.sha256(file.read_bytes()).hexdigest()] for file in files)


def _sources(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.suffix in (".py", ".yaml", ".json")]


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
