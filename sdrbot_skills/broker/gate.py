"""Purpose x class: whether a classified request may pass. The one place where "the dry run cannot write" is decided."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sdrbot_skills.broker.bodies import body_digest
from sdrbot_skills.broker.canonical import Envelope
from sdrbot_skills.broker.policy import Match, Policy
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.rows import Operation
from sdrbot_skills.broker.spec import BrokerSpec, ConnectionSpec, SchemaOperation, Undoable

READ_ONLY = frozenset({"discover", "dry", "verify"})


class Gate:
    """Decides for one broker, from its spec alone."""

    def __init__(self, spec: BrokerSpec) -> None:
        self._spec = spec
        self._undo = _undo_table(spec)

    def admit_class(self, connection: ConnectionSpec, match: Match) -> None:
        """The part of the decision that needs no body; raises `Refusal`."""
        rule = match.rule
        operation = rule.operation or rule.kind
        if rule.kind == "read":
            return
        if rule.kind == "never":
            raise Refusal("forbidden_operation", f"This is never let through: {rule.why}.", operation)
        if rule.kind == "job":
            if not self._spec.jobs:
                raise Refusal(
                    "job_not_planned", "Bulk jobs leave job records behind; the plan does not ask for one.", operation
                )
            return
        if self._spec.purpose in READ_ONLY:
            raise Refusal(
                "write_in_dry_run",
                f"A {self._spec.purpose} connection only reads; nothing was sent. Only a run that the person has approved can write.",
                operation,
            )
        if self._spec.purpose == "schema":
            if rule.kind != "schema":
                raise Refusal("purpose_forbids", "A schema run changes fields and options, never records.", operation)
            return
        if rule.kind == "schema":
            raise Refusal("purpose_forbids", "Fields and options are changed by a schema run only.", operation)
        if self._spec.purpose == "live" and connection.role != "target":
            raise Refusal(
                "write_to_source", f"{connection.name} is not the target of this run; it is only read.", operation
            )

    def admit_operation(self, operation: Operation) -> None:
        """Planned objects and links (live), or ids of the ledger (undo); raises `Refusal`. Budgets are the ledger's."""
        if self._spec.purpose == "undo":
            self._admit_undo(operation)
        else:
            self._admit_planned(operation)

    @property
    def allows_uploads(self) -> bool:
        """Bulk uploads are counted against a budget, which only a live run has."""
        return self._spec.purpose == "live"

    def admit_schema(
        self, connection: ConnectionSpec, envelope: Envelope, names: Sequence[str], body: Any, policy: Policy
    ) -> None:
        """Exactly the approved schema changes; raises `Refusal`.

        Planned with its body, it has to be that request to the letter; else method, path and the names in the body have to be the same.
        """
        fitting = [planned for planned in self._spec.schema_operations if _fits(planned, connection, envelope)]
        if body_digest(body) in {planned.body_sha256 for planned in fitting}:
            return
        approved = {planned.name for planned in fitting if planned.body_sha256 is None}
        wanted: set[str | None] = set(names) or {None}
        if not approved or not wanted <= approved:
            raise Refusal(
                "schema_not_planned", f"This {policy.data.crm} schema change is not among those approved.", "schema"
            )

    def _admit_planned(self, operation: Operation) -> None:
        if operation.kind == "link":
            if operation.object not in self._spec.objects.links:
                raise Refusal(
                    "link_not_planned", f"Links of {operation.object} are not in the plan.", operation.operation
                )
        elif operation.object not in self._spec.objects.target:
            raise Refusal(
                "object_not_planned", f"{operation.object or 'This object'} is not in the plan.", operation.operation
            )

    def _admit_undo(self, operation: Operation) -> None:
        listed = self._undo.get(operation.object, Undoable())
        allowed: Mapping[str, frozenset[str]] = {
            "delete": listed.delete,
            "update": listed.update,
            "unlink": listed.unlink,
        }
        ids = allowed.get(operation.operation, frozenset())
        strangers = sum(1 for row in operation.rows if row.key not in ids)
        if strangers or not operation.rows:
            raise Refusal(
                "not_in_undo",
                f"{operation.operation} {operation.object}: {strangers} of {len(operation.rows)} rows are not in the list of this undo.",
                operation.operation,
            )


def _fits(planned: SchemaOperation, connection: ConnectionSpec, envelope: Envelope) -> bool:
    whole = planned.body_sha256 is not None or "?" in planned.path
    sent = envelope.target if whole else envelope.path
    return (
        planned.method == envelope.method
        and planned.path.rstrip("/") == sent.rstrip("/")
        and planned.connection in (None, connection.name)
    )


def _undo_table(spec: BrokerSpec) -> dict[str, Undoable]:
    if isinstance(spec.undo, str):
        loaded = json.loads(Path(spec.undo).read_text(encoding="utf-8"))
        return {name: Undoable.model_validate(entry) for name, entry in loaded.items()}
    return dict(spec.undo)
