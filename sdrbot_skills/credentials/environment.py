"""The environment variables that carry credentials: the connections they make, and an environment without them.

A second account of a CRM uses the same names with a suffix: `HUBSPOT_ACCESS_TOKEN__SECOND` is the connection `hubspot-second`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sdrbot_skills.credentials.model import BearerToken, ClientCredentials, ConnectionSource, Credential, RefreshToken
from sdrbot_skills.credentials.zoho import accounts_server

ATTIO_ORIGIN = "https://api.attio.com"
HUBSPOT_ORIGIN = "https://api.hubapi.com"
TWENTY_ORIGIN = "https://api.twenty.com"
PIPEDRIVE_ORIGIN = "https://api.pipedrive.com"
SHARED_LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")

# Names as SDRbot and the vendors' own examples use them. The second group says where, not with what, and is left alone.
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
_SECRET = re.compile(rf"(?:{'|'.join(SECRET_VARIABLES)})(?:__[A-Za-z0-9_]+)?", re.IGNORECASE)
_SUFFIX = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)*")

Maker = Callable[[Mapping[str, str]], tuple[str, Credential] | None]


def scrubbed_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """A copy without any credential of a CRM; for every process that we start."""
    return {name: value for name, value in environ.items() if not _SECRET.fullmatch(name)}


def connections_in(environ: Mapping[str, str], where: str) -> list[ConnectionSource]:
    """The connections that these variables make. `where` is told to the person; such credentials are always plain."""
    found: list[ConnectionSource] = []
    for crm, make in _MAKERS.items():
        for suffix in _suffixes(environ):
            made = make(_of_suffix(environ, suffix))
            if made is not None:
                name = crm + (f"-{suffix.lower().replace('_', '-')}" if suffix else "")
                found.append(_source(name, crm, made, where))
    return found


_APP = {"hubspot": "HUBSPOT", "pipedrive": "PIPEDRIVE", "salesforce": "SF", "zohocrm": "ZOHO"}
_WHERE = {
    "attio": ("ATTIO_BASE_URL",),
    "hubspot": ("HUBSPOT_BASE_URL",),
    "pipedrive": ("PIPEDRIVE_BASE_URL",),
    "salesforce": ("SF_LOGIN_URL",),
    "twenty": ("TWENTY_BASE_URL", "TWENTY_API_URL"),
    "zohocrm": ("ZOHO_BASE_URL", "ZOHO_REGION"),
}


def app_in(environ: Mapping[str, str], crm: str) -> dict[str, str]:
    """What is known already of an OAuth app and of where the account lives, by the names a guide asks for them."""
    prefix = _APP.get(crm, "-")
    named = {
        "client_id": (f"{prefix}_CLIENT_ID",),
        "client_secret": (f"{prefix}_CLIENT_SECRET",),
        "origin": _WHERE.get(crm, ()),
    }
    found = {}
    for name, variables in named.items():
        values = [environ.get(variable, "").strip() for variable in variables]
        if value := next((value for value in values if value and not value.startswith("${")), ""):
            found[name] = value
    return found


def _source(name: str, crm: str, made: tuple[str, Credential], where: str) -> ConnectionSource:
    origin, credential = made
    return ConnectionSource(name, crm, origin.rstrip("/"), where, True, lambda: credential)


def _suffixes(environ: Mapping[str, str]) -> list[str]:
    """ "" for the plain names, then each suffix that some variable has."""
    endings = {name.partition("__")[2] for name in environ if _SECRET.fullmatch(name) and "__" in name}
    return ["", *sorted(ending for ending in endings if _SUFFIX.fullmatch(ending))]


def _of_suffix(environ: Mapping[str, str], suffix: str) -> dict[str, str]:
    tail = f"__{suffix}" if suffix else ""
    named = {name.removesuffix(tail): value.strip() for name, value in environ.items() if name.endswith(tail)}
    return {name: value for name, value in named.items() if "__" not in name and value and not value.startswith("${")}


def _hubspot(values: Mapping[str, str]) -> tuple[str, Credential] | None:
    token = values.get("HUBSPOT_ACCESS_TOKEN")
    return (values.get("HUBSPOT_BASE_URL", HUBSPOT_ORIGIN), BearerToken(token=token)) if token else None  # type: ignore[arg-type]


def _salesforce(values: Mapping[str, str]) -> tuple[str, Credential] | None:
    """The client-credentials grant works at the account's own login host only, never at the shared ones."""
    key, secret, login = (values.get(name) for name in ("SF_CLIENT_ID", "SF_CLIENT_SECRET", "SF_LOGIN_URL"))
    if not key or not secret or not login or login.rstrip("/") in SHARED_LOGIN_HOSTS:
        return None
    return login, ClientCredentials(client_id=key, client_secret=secret)  # type: ignore[arg-type]


def _pipedrive(values: Mapping[str, str]) -> tuple[str, Credential] | None:
    token = values.get("PIPEDRIVE_API_TOKEN")
    return (values.get("PIPEDRIVE_BASE_URL", PIPEDRIVE_ORIGIN), BearerToken(token=token)) if token else None  # type: ignore[arg-type]


def _zohocrm(values: Mapping[str, str]) -> tuple[str, Credential] | None:
    """A self client with its refresh token, at the accounts server of its region (`ZOHO_REGION`: us, eu, in, au, jp, ca, sa, cn)."""
    names = ("ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN")
    key, secret, token = (values.get(name) for name in names)
    origin = values.get("ZOHO_BASE_URL") or accounts_server(values.get("ZOHO_REGION", "us"))
    if not key or not secret or not token or not origin:
        return None
    return origin, RefreshToken(client_id=key, client_secret=secret, refresh_token=token)  # type: ignore[arg-type]


def _attio(values: Mapping[str, str]) -> tuple[str, Credential] | None:
    token = values.get("ATTIO_API_KEY")
    return (values.get("ATTIO_BASE_URL", ATTIO_ORIGIN), BearerToken(token=token)) if token else None  # type: ignore[arg-type]


def _twenty(values: Mapping[str, str]) -> tuple[str, Credential] | None:
    """`TWENTY_API_URL` is the vendor's name for one's own server; `TWENTY_BASE_URL` a lab's."""
    token = values.get("TWENTY_API_KEY")
    origin = values.get("TWENTY_BASE_URL") or values.get("TWENTY_API_URL") or TWENTY_ORIGIN
    return (origin.rstrip("/").removesuffix("/rest"), BearerToken(token=token)) if token else None  # type: ignore[arg-type]


_MAKERS: dict[str, Maker] = {
    "attio": _attio,
    "hubspot": _hubspot,
    "pipedrive": _pipedrive,
    "salesforce": _salesforce,
    "twenty": _twenty,
    "zohocrm": _zohocrm,
}
