"""How values are made comparable before two records are held for the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

Comparable = Callable[[str], str]

_NOT_DIGITS = re.compile(r"\D+")
_NOT_WORDS = re.compile(r"[\W_]+")
_LEGAL_FORMS = frozenset(
    {
        "ab", "ag", "as", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "kg", "limited", "llc", "ltd",
        "nv", "oy", "plc", "sa", "sarl", "sas", "spa", "srl",
    }
)  # fmt: skip


def _exact(text: str) -> str:
    return text.strip()


def _email(text: str) -> str:
    return text.strip().lower()


def _phone(text: str) -> str:
    """Digits only; `+` and `00` both mean that a country's number comes first. A number without one equals only itself."""
    digits = _NOT_DIGITS.sub("", text)
    if text.strip().startswith("+"):
        return "+" + digits
    return "+" + digits[2:] if digits.startswith("00") else digits


def _domain(text: str) -> str:
    lowered = text.strip().lower()
    try:
        host = urlsplit(lowered if "//" in lowered else f"//{lowered}").hostname or ""
    except ValueError:  # not an address at all
        return ""
    return host.removeprefix("www.").rstrip(".")


def _name(text: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))
    words = _NOT_WORDS.sub(" ", plain).split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


COMPARABLE: dict[str, Comparable] = {
    "exact": _exact,
    "email": _email,
    "phone": _phone,
    "domain": _domain,
    "name": _name,
}


def key_values(value: Any, compare: str) -> list[str]:
    """The comparable spellings in a canonical value: of a list, each entry; what is empty is left out."""
    entries = value if isinstance(value, list) else [value]
    make = COMPARABLE[compare]
    return list(dict.fromkeys(key for entry in entries if entry is not None and (key := make(str(entry)))))


def digest(*parts: str) -> bytes:
    """A short digest of a key, for indexes on disk that need not hold the value."""
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=12).digest()
