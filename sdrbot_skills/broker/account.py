"""One connection, ready to be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sdrbot_skills.broker.identity import Identity
from sdrbot_skills.broker.pacing import Pacer
from sdrbot_skills.broker.rows import RowReader
from sdrbot_skills.broker.upstream import Upstream


@dataclass
class Account:
    """The account, how it is reached, how fast, and how its rows are read."""

    upstream: Upstream
    identity: Identity
    pacer: Pacer
    reader: RowReader

    def facts(self) -> dict[str, Any]:
        """What `GET http://broker/connections` tells about it; no secret."""
        spec, identity = self.upstream.spec, self.identity
        extra = dict(identity.extra)
        return {
            "name": spec.name,
            "crm": spec.crm,
            "role": spec.role,
            "base_url": f"https://{self.upstream.host}",
            "api_version": self.upstream.policy.data.api_version,
            "account": {"id": identity.account_id, "name": identity.account_name, **extra.pop("account", {})},
            "environment": identity.environment,
            **extra,
        }
