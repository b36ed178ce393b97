"""What this credential cannot see or write, and what is left of the limits.

Sources: "Object Reference", UserPermissionAccess, FieldPermissions; "REST API Developer Guide", Record Count, Limits; "Tooling API",
FieldDefinition. Sharing never makes a query fail, it only returns fewer rows; hidden fields look as if they did not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simple_salesforce import format_soql

from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.failures import RequestFailed
from sdrbot_skills.crm.salesforce.schema import CONSENT, from_describe, raw_describe
from sdrbot_skills.model.schema import CREATION_DATES, Allowance, Blindness, ObjectSchema, Preflight

PERMISSIONS = (
    "PermissionsViewAllData",
    "PermissionsViewEncryptedData",
    "PermissionsCreateAuditFields",
    "PermissionsUpdateWithInactiveOwners",
)

STALE_SHARE = 0.02
"""The record counter is a snapshot: a smaller difference than this says nothing."""

ALLOWANCES = {
    "DailyApiRequests": "calls",
    "DailyBulkV2QueryJobs": "jobs",
    "DailyBulkApiBatches": "batches",
    "DataStorageMB": "MB",
    "FileStorageMB": "MB",
}

TARGET_PERMISSIONS = {
    "PermissionsCreateAuditFields": Blindness(
        subject=CREATION_DATES,
        message="This user may not set creation dates, so new records will carry the day of the migration.",
        cure="Switch on 'Set Audit Fields upon Record Creation' for this user before the first live run; it cannot be done afterwards.",
    ),
    "PermissionsUpdateWithInactiveOwners": Blindness(
        subject="inactive owners",
        message="Records cannot be given to deactivated users.",
        cure="Map those owners to active users, or give this user 'Update Records with Inactive Owners'.",
    ),
}


class Check:
    """The preflight of one connection."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    def run(self, object_names: Sequence[str]) -> Preflight:
        """The findings over these objects; what could not be found out is a finding too."""
        granted = self._permissions()
        blind = [*self._of_account(granted)]
        for name in object_names:
            raw = raw_describe(self._client, name)
            schema = from_describe(self._client, raw)
            blind += _of_object(raw, target=self._client.connection.role == "target")
            blind += self._hidden_fields(raw)
            if not granted.get("PermissionsViewAllData"):
                blind += self._hidden_records(schema)
            if not granted.get("PermissionsViewEncryptedData"):
                blind += _masked_fields(schema)
        return Preflight(account=self._client.connection.account, blind=tuple(blind), allowances=self._allowances())

    def _permissions(self) -> dict[str, bool]:
        """The caller's system permissions; an organisation without one of them does not know its column."""
        try:
            known = {field["name"] for field in raw_describe(self._client, "UserPermissionAccess")["fields"]}
            columns = [name for name in PERMISSIONS if name in known]
            rows = self._client.query(f"SELECT {', '.join(columns)} FROM UserPermissionAccess LIMIT 1")["records"]
        except RequestFailed:  # not visible to every user; then nothing is taken for granted
            return {}
        return {name: bool(rows and rows[0][name]) for name in columns}

    def _of_account(self, granted: dict[str, bool]) -> Iterator[Blindness]:
        if self._client.connection.role != "target":
            return
        for permission, finding in TARGET_PERMISSIONS.items():
            if not granted.get(permission):
                yield finding

    def _hidden_fields(self, raw: Mapping[str, Any]) -> Iterator[Blindness]:
        """Describe obeys field-level security, the Tooling API's list of fields does not."""
        name = raw["name"]
        soql = format_soql(
            "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = {}", name
        )
        try:
            existing = {row["QualifiedApiName"] for row in self._client.query_all(str(soql), tooling=True)}
        except RequestFailed:  # Tooling asks for View Setup
            yield Blindness(
                subject=name,
                message="Hidden fields cannot be ruled out: this user may not look at the setup.",
                cure="Give the user 'View Setup and Configuration'.",
            )
            return
        hidden = sorted(existing - {field["name"] for field in raw["fields"]})
        if opt_outs := [one for one in hidden if one in CONSENT]:
            yield Blindness(
                subject=name,
                message=f"Opt-outs are hidden from this user: {', '.join(opt_outs)}. They can neither be read nor kept.",
                cure="Make these fields visible and editable for this user (field-level security).",
            )
        if others := [one for one in hidden if one not in CONSENT]:
            more = f" and {len(others) - 10} more" if len(others) > 10 else ""
            yield Blindness(
                subject=name,
                message=f"{len(others)} fields are hidden from this user: {', '.join(others[:10])}{more}.",
                cure="Where they hold data that should move, make them visible (field-level security).",
            )

    def _hidden_records(self, schema: ObjectSchema) -> Iterator[Blindness]:
        """Without View All Data, sharing decides; the organisation's own counter does not look at sharing."""
        cure = "Give this user 'View All Data' for the migration."
        try:
            counted = self._client.read("GET", "limits/recordCount", params={"sObjects": schema.name})["sObjects"]
        except RequestFailed:  # the counter asks for View Setup
            counted = []
        total = next((entry["count"] for entry in counted if entry["name"] == schema.name), None)
        # Person accounts too, as the counter has them.
        seen = int(self._client.query(f"SELECT COUNT() FROM {schema.name}")["totalSize"])
        if total is None:
            message = f"Sharing may hide {schema.plural}; how many cannot be found out."
        elif total - seen > total * STALE_SHARE:
            message = f"This user sees {seen:,} of about {total:,} {schema.plural}."
        else:
            message = f"Sharing may hide some {schema.plural}; the counts ({seen:,} of about {total:,}) do not show it."
        yield Blindness(subject=schema.name, message=message, cure=cure)

    def _allowances(self) -> tuple[Allowance, ...]:
        """Figures of the whole organisation, shared with its other programs, over a rolling day."""
        limits = self._client.read("GET", "limits")
        return tuple(
            Allowance(name=name, unit=unit, limit=limits[name]["Max"], remaining=limits[name]["Remaining"])
            for name, unit in ALLOWANCES.items()
            if name in limits
        )


def _of_object(raw: Mapping[str, Any], *, target: bool) -> Iterator[Blindness]:
    plural = raw["labelPlural"]
    for flag, word in (("createable", "create"), ("updateable", "change"), ("deletable", "delete")):
        if not raw[flag]:
            yield Blindness(
                subject=raw["name"],
                message=f"This user may not {word} {plural}.",
                cure=f"Give the user's profile or a permission set the right to {word} {plural}.",
                blocks=target and flag != "deletable",
            )


def _masked_fields(schema: ObjectSchema) -> Iterator[Blindness]:
    names = [field.name for field in schema.fields if field.vendor_type == "encryptedstring"]
    if names:
        yield Blindness(
            subject=schema.name,
            message=f"Encrypted fields are read as asterisks: {', '.join(names)}. Copying them would destroy the values.",
            cure="Leave them out of the plan, or give this user 'View Encrypted Data'.",
        )
