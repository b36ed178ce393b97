"""Zoho's data centres: an account lives in one of them, and its tokens are given by that one's accounts server only."""

from __future__ import annotations

ACCOUNTS_SERVERS = {
    "us": "https://accounts.zoho.com",
    "eu": "https://accounts.zoho.eu",
    "in": "https://accounts.zoho.in",
    "au": "https://accounts.zoho.com.au",
    "jp": "https://accounts.zoho.jp",
    "ca": "https://accounts.zohocloud.ca",
    "sa": "https://accounts.zoho.sa",
    "cn": "https://accounts.zoho.com.cn",
}

_ENDINGS = {"com": "us", "com.au": "au", "com.cn": "cn", "zohocloud.ca": "ca"}


def accounts_server(region: str) -> str | None:
    """The accounts server of a region as people write it (`eu`, `EU`, `com.au`, the server's own address); None for an unknown one."""
    word = region.strip().lower().removeprefix(".")
    if word.startswith("https://"):
        return word.rstrip("/") if word.rstrip("/") in ACCOUNTS_SERVERS.values() else None
    return ACCOUNTS_SERVERS.get(_ENDINGS.get(word, word))
