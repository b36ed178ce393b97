"""What a Twenty key may see and write. Nothing tells a key's rights, so they are tried, by requests that change nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.failures import NoPermission
from sdrbot_skills.crm.twenty.records import EVERYTHING
from sdrbot_skills.crm.twenty.schema import Schema
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Blindness, Preflight


class Check:
    """The preflight of one connection."""

    def __init__(self, client: TwentyClient, schema: Schema) -> None:
        self._client = client
        self._schema = schema

    def run(self, object_names: Sequence[str]) -> Preflight:
        """Blindness per object. Twenty tells no limits; its one allowance is known (100 calls a minute)."""
        blind: list[Blindness] = []
        for name in object_names:
            blind += self._unreadable(name) or [*self._hidden_fields(name), *self._bin(name)]
        if self._client.connection.role != "source":
            blind += self._schema_rights()
        return Preflight(account=self._client.connection.account, blind=tuple(blind))

    def _unreadable(self, name: str) -> list[Blindness]:
        try:
            self._client.get(f"/rest/{name}", {"limit": "1"})
        except NoPermission:
            message = f"The role of this Twenty key may not read {name}."
            cure = "Give the key's role the right to read them, in Settings > Roles."
            return [Blindness(subject=name, message=message, cure=cure, blocks=True)]
        except ConfigurationError:
            return [Blindness(subject=name, message=f"This Twenty workspace has no object {name}.", blocks=True)]
        return []

    def _hidden_fields(self, name: str) -> list[Blindness]:
        """A field that the role may not read is simply absent from rows; in an empty object that cannot be seen."""
        rows = self._client.get(f"/rest/{name}", {"limit": "1"})["data"][name]
        if not rows:
            return []
        many = [e for e in self._schema.definition(name).doc["fieldsList"] if (e.get("relation") or {}).get("type")]
        relations = {entry["name"] for entry in many}
        expected = {e["name"] for e in self._schema.definition(name).doc["fieldsList"] if e["type"] != "MORPH_RELATION"}
        hidden = sorted(expected - relations - set(rows[0]))
        if not hidden:
            return []
        message = f"The role of this Twenty key may not read these fields of {name}: {', '.join(hidden)}."
        return [Blindness(subject=f"{name} (fields)", message=message, cure="Change the role in Settings > Roles.")]

    def _bin(self, name: str) -> list[Blindness]:
        """Deleted records are hidden from lists, but their unique values are still taken."""
        found = self._schema.definition(name, anew=False)
        query = f"query Bin($f: {found.pascal}FilterInput) {{ {name}(filter: $f, first: 1) {{ totalCount }} }}"
        everything = self._client.graphql(query, {"f": EVERYTHING})[name]["totalCount"]
        alive = self._client.graphql(query, {"f": {}})[name]["totalCount"]
        if everything == alive:
            return []
        message = f"{everything - alive} deleted {name} lie in Twenty's bin; a new record with the e-mail or domain of one of them is refused."
        return [
            Blindness(subject=f"{name} (bin)", message=message, cure="Empty the bin, or restore them, before the run.")
        ]

    def _schema_rights(self) -> list[Blindness]:
        try:
            self._client.get("/rest/metadata/objects", {"limit": "1"})
        except NoPermission:
            message = "The role of this Twenty key may not change fields, so no migration key can be made."
            cure = "Use a key whose role has the data-model setting, or make the fields by hand."
            return [Blindness(subject="fields", message=message, cure=cure)]
        return []
