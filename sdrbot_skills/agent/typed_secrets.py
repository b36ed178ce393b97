"""Keys and passwords that somebody types or pastes where they do not belong: they go into no history, no session, and to no model.

Known by how the six vendors' keys look (their guides to private apps, API tokens, self clients and API keys), by a word that says so, or by being one
long jumble of letters and digits.
"""

from __future__ import annotations

import re

REFUSED = (
    "That looks like a key or a password. It was not kept and no model has seen it. Keys are typed into `/setup` alone, which does not show them. "
    "If anybody may have seen it here, replace it in the CRM."
)

_KEYS = re.compile(
    r"\bpat-[a-z]{2}\d-[0-9a-f-]{20,}"  # HubSpot, private app
    r"|\b1000\.[0-9a-f]{20,}"  # Zoho: client id, grant, refresh and access token
    r"|\b00D\w{12,15}![\w.]{20,}"  # Salesforce, session
    r"|\b3MVG[\w.]{30,}"  # Salesforce, consumer key
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"  # JSON web tokens: Twenty, Attio
    r"|\b(?:sk|rk|xox[abp]|ghp|glpat)[-_][\w-]{16,}",  # keys of models and of code hosts
)
_SAID = re.compile(
    r"\b(?:password|passphrase|passwort|secret|token|api[ _-]?key)\b\s*(?:is|=|:)\s*\S{8,}", re.IGNORECASE
)
_JUMBLE = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[A-Za-z0-9_\-.~+/=]{28,}")


def looks_secret(text: str) -> bool:
    """Whether a line holds what looks like a key or a password. Names of runs, files, fields and e-mails do not."""
    said = text.strip()
    return bool(_KEYS.search(said) or _SAID.search(said) or (_JUMBLE.fullmatch(said) and not said.startswith("files/")))
