"""What people paste: cleaned of what clings to it, and recognised where it is something else than was asked for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sdrbot_skills.credentials.zoho import ACCOUNTS_SERVERS, accounts_server
from sdrbot_skills.errors import ConfigurationError

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LINE = re.compile(r"^(export)?[A-Z][A-Z_]+=")
"""A whole line of an `.env` file."""
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost)(:\d+)?")


def cleaned(crm: str, name: str, text: str) -> str:
    """The value as it is sent. Raises `ConfigurationError` saying what it looks like, never repeating a secret."""
    if name == "origin":
        return _origin(crm, text.strip().strip("\"'").strip())
    value = re.sub(r"\s+", "", text).strip("\"'").removeprefix("Bearer").removeprefix("Zoho-oauthtoken")
    value = _LINE.sub("", value).strip("\"'")
    if not value:
        raise ConfigurationError("Nothing was pasted.")
    if set(value) <= {"*", "•", "."}:
        raise ConfigurationError("That is the hidden form of the key; press the vendor's button to show or copy it.")
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError("There are characters in it that no key has; copy it once more.")
    if name == "token" and crm in _LOOKS:
        _LOOKS[crm](value)
    return value


def _hubspot(token: str) -> None:
    if _UUID.fullmatch(token):
        raise ConfigurationError(
            'That looks like an old HubSpot API key or a client secret, which HubSpot takes no more. A service key begins with "pat-".'
        )


def _pipedrive(token: str) -> None:
    if "." in token and "pipedrive" in token:
        raise ConfigurationError("That is an address; the API token is 40 letters and digits.")


def _twenty(token: str) -> None:
    if token.count(".") != 2:
        raise ConfigurationError("A Twenty key has three parts with dots between them; copy the whole of it.")


_LOOKS = {"hubspot": _hubspot, "pipedrive": _pipedrive, "twenty": _twenty}


def _origin(crm: str, text: str) -> str:
    if _LOOPBACK.fullmatch(text.rstrip("/")):
        return text.rstrip("/")
    if crm == "zohocrm":
        return _zoho(text)
    address = text if "://" in text else f"https://{text}"
    parts = urlsplit(address.replace("http://", "https://", 1))
    host = (parts.hostname or "").lower()
    if crm == "pipedrive" and "." not in host:
        host = f"{host}.pipedrive.com"
    if crm == "pipedrive" and host in ("app.pipedrive.com", "www.pipedrive.com"):
        raise ConfigurationError(
            "That is Pipedrive's own address; yours has your company's name: yourcompany.pipedrive.com."
        )
    if crm == "salesforce":
        host = _my_domain(host)
    if "." not in host and crm != "twenty":
        raise ConfigurationError(f"{text!r} is no address.")
    port = f":{parts.port}" if parts.port else ""
    return f"https://{host}{port}"


def _my_domain(host: str) -> str:
    """The address that API calls go to; what the browser shows is another one."""
    for shown in (".lightning.force.com", ".my.salesforce-setup.com"):
        if host.endswith(shown):
            return host.removesuffix(shown) + ".my.salesforce.com"
    if "." not in host and host:
        return f"{host}.my.salesforce.com"
    if not host.endswith(".salesforce.com"):
        raise ConfigurationError(
            f"{host} is no address of Salesforce; it ends with .my.salesforce.com (Setup > My Domain shows it)."
        )
    return host


def _zoho(text: str) -> str:
    word = text.removesuffix("/")
    host = urlsplit(word if "://" in word else f"https://{word}").hostname or ""
    for known in ACCOUNTS_SERVERS.values():
        ending = known.removeprefix("https://accounts.")
        if host.endswith(ending) and host.removesuffix(ending) in ("", "crm.", "www.", "accounts.", "api-console."):
            return known
    found = accounts_server(word)
    if found is None:
        raise ConfigurationError(
            f"{text!r} is none of Zoho's data centres. Look at the address of your CRM: crm.zoho.com is us, crm.zoho.eu is eu, and so on "
            f"({', '.join(ACCOUNTS_SERVERS)})."
        )
    return found
