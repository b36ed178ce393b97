"""What a broker is told when it starts: one JSON line on its standard input. Credentials travel here and nowhere else."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sdrbot_skills.credentials.model import ConnectionSpec, Role

__all__ = [
    "BrokerSpec",
    "Budget",
    "ConnectionSpec",
    "Limits",
    "Purpose",
    "Role",
    "SchemaOperation",
    "Undoable",
    "Writable",
]

RECORD = "broker.json"
"""In the trusted folder: where the broker of a run listens."""

Purpose = Literal["discover", "dry", "live", "verify", "schema", "undo"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Writable(_Part):
    """What a live run may write. `target`: the vendor's object names; `links`: `contacts->companies` (HubSpot) or a link object's name."""

    target: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class Budget(_Part):
    """How many distinct rows of one object, or of one kind of link, may be written. An upsert counts against `create` and `update` together."""

    create: int = 0
    update: int = 0
    delete: int = 0
    link: int = 0
    unlink: int = 0
    unsubscribe: int = 0


class SchemaOperation(_Part):
    """One schema change: the exact method and path, and the name in the body (None where the path names the thing).

    With `body_sha256` (`bodies.body_digest`) it is one exact request: its query and its whole body count, and `name` does not.
    """

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str
    name: str | None = None
    connection: str | None = None
    body_sha256: str | None = None


class Undoable(_Part):
    """Ids (of the ledger) that an undo may touch; a link is written `from_id:to_id`."""

    delete: frozenset[str] = frozenset()
    update: frozenset[str] = frozenset()
    unlink: frozenset[str] = frozenset()


class Limits(_Part):
    """`share` of the account's allowance that we may use; `wait_seconds` the longest a request is held back before it is answered 429."""

    share: float = Field(default=0.8, gt=0, le=1)
    wait_seconds: float = Field(default=60, ge=0, le=110)


class BrokerSpec(_Part):
    """Everything one broker may do.

    `budget`: by the names that `objects` lists, links too. `keys` names, per object, the field that holds the source id (the migration key): a
    row is recognised by it when it is sent again, and it is kept readable in the ledger.
    `remembers`: keep for a moment what an account says of itself (`looks.py`), for a check and the script that follows it.
    `undo` is the table itself or the path of a JSON file with it. `accounts` maps connection names to the account ids that were approved.
    """

    purpose: Purpose
    connections: tuple[ConnectionSpec, ...] = Field(min_length=1)
    socket: str | None = None
    trusted_dir: str | None = None
    objects: Writable = Writable()
    budget: dict[str, Budget] = {}
    keys: dict[str, str] = {}
    schema_operations: tuple[SchemaOperation, ...] = ()
    undo: dict[str, Undoable] | str = {}
    limits: Limits = Limits()
    jobs: bool = False
    remembers: bool = False
    accounts: dict[str, str] = {}
    lifetime_seconds: float = Field(default=12 * 3600, gt=0)
    detached: bool = False

    def wire(self) -> bytes:
        """The JSON line, secrets in the clear: only ever written to the pipe of the broker."""
        document = self.model_dump_json(context={"reveal": True})
        return document.encode() + b"\n"
