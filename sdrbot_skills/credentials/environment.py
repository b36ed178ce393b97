"""The environment variables that carry credentials: which there are, and an environment without them."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Names as SDRbot and the vendors' own examples use them; a second account of a CRM adds `__SUFFIX`.
SECRET_VARIABLES = (
    "HUBSPOT_ACCESS_TOKEN",
    "HUBSPOT_CLIENT_ID",
    "HUBSPOT_CLIENT_SECRET",
    "SF_CLIENT_ID",
    "SF_CLIENT_SECRET",
    "SF_PASSWORD",
    "SF_SECURITY_TOKEN",
    "PIPEDRIVE_API_TOKEN",
    "PIPEDRIVE_CLIENT_ID",
    "PIPEDRIVE_CLIENT_SECRET",
    "ZOHO_CLIENT_ID",
    "ZOHO_CLIENT_SECRET",
    "ZOHO_REFRESH_TOKEN",
    "ATTIO_API_KEY",
    "TWENTY_API_KEY",
)
_SECRET = re.compile(rf"(?:{'|'.join(SECRET_VARIABLES)})(?:__[A-Z0-9_]+)?")


def scrubbed_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """A copy without any credential of a CRM; for every process that we start."""
    return {name: value for name, value in environ.items() if not _SECRET.fullmatch(name)}
