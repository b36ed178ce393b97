"""Where each CRM gives out OAuth tokens, and how it wants to be asked (RFC 6749; the vendors' pages on OAuth)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_PATH = {
    "hubspot": "/oauth/v1/token",
    "pipedrive": "/oauth/token",
    "salesforce": "/services/oauth2/token",
    "zohocrm": "/oauth/v2/token",
}
_HOST = {"pipedrive": ("pipedrive.com", "https://oauth.pipedrive.com")}
"""CRMs that give out tokens at another host than the account's: the accounts' domain, and where tokens are got."""
_BASIC = frozenset({"pipedrive"})


def token_url(crm: str, origin: str) -> str:
    """The address of the token endpoint for an account that is spoken to at `origin`."""
    domain, elsewhere = _HOST.get(crm, ("", ""))
    host = urlsplit(origin).hostname or ""
    return (elsewhere if domain and host.endswith(domain) else origin.rstrip("/")) + _PATH[crm]


def token_request(
    crm: str, client_id: str, client_secret: str, grant: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Form and headers of a token request: the app's id and secret go into the form, or as Basic where the vendor wants that."""
    if crm in _BASIC or grant["grant_type"] == "client_credentials":
        pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        return dict(grant), {"Authorization": f"Basic {pair}"}
    return {**grant, "client_id": client_id, "client_secret": client_secret}, {}


def error_code(reply: Any) -> str:
    """The short `error` code of an OAuth answer (RFC 6749, 5.2); nothing else of the body is ever repeated."""
    code = reply.get("error") if isinstance(reply, dict) else None
    return str(code)[:40] if code else ""
