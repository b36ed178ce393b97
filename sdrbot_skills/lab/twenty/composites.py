"""Composite values: which parts they take, and what a change that names only some parts does to the others.

Names, telephones, currencies and addresses merge; links are replaced whole; e-mails lose their primary where only others are sent.
"""

import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson

from sdrbot_skills.lab.twenty import errors, phones, richtext
from sdrbot_skills.lab.twenty.schema import PARTS

Value = dict[str, Any]
Composite = Callable[[str, Any, Value], Value]

SOURCES = ("EMAIL", "CALENDAR", "WORKFLOW", "AGENT", "API", "IMPORT", "MANUAL", "SYSTEM", "WEBHOOK", "APPLICATION")
_EMAIL = re.compile(r"[^\s@,;<>()\[\]\"]+@[^\s@,;<>()\[\]\"]+\.[^\s@.,;<>()\[\]\"]{2,}")
_WORDS = {"FULL_NAME": "full name", "EMAILS": "emails", "PHONES": "phones", "LINKS": "links", "CURRENCY": "currency"}
_EMPTY: dict[str, Any] = {"RAW_JSON": [], "TEXT": "", "NUMERIC": None, "SELECT": None, "UUID": None}


def empty(kind: str) -> Value:
    """The value of a record without one."""
    if kind == "CURRENCY":
        return {"amountMicros": None, "currencyCode": None}
    if kind == "RICH_TEXT":
        return {"blocknote": None, "markdown": ""}
    if kind == "ACTOR":
        return {"source": "MANUAL", "workspaceMemberId": None, "name": "", "context": None}
    return {part: [] if of == "RAW_JSON" else _EMPTY[of] for part, of in PARTS[kind].items()}


def _parts(kind: str, name: str, value: Any) -> Value:
    """The value as an object that names known parts only."""
    if not isinstance(value, dict):
        raise errors.bad_request(f'Invalid object value {_shown(value)} for field "{name}"')
    for part in value:
        if part not in PARTS[kind]:
            words = _WORDS.get(kind, kind.lower().replace("_", " "))
            raise errors.bad_request(f'Invalid subfield {part} for {words} field "{name}"')
    return value


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else orjson.dumps(value).decode()


def _string(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise errors.bad_request(f'Invalid string value {_shown(value)} for text field "{name}"')
    if "\0" in value:
        raise errors.Refusal(500, "Data validation error.", "InternalServerErrorException")
    return value


def _merged(kind: str) -> Composite:
    def write(name: str, value: Any, old: Value) -> Value:
        if value is None:
            return empty(kind)
        given = _parts(kind, name, value)
        return {**old, **{part: _string(text, f"{name}.{part}") for part, text in given.items()}}

    return write


def _email(value: Any, place: str) -> str:
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or not _EMAIL.fullmatch(value):
        raise errors.bad_request(f'Invalid string value {_shown(value)} for email field "{place}"')
    return value.lower()


def _emails(name: str, value: Any, old: Value) -> Value:
    if value is None:
        return empty("EMAILS")
    given = _parts("EMAILS", name, value)
    others = old["additionalEmails"]
    if "additionalEmails" in given:
        listed = given["additionalEmails"] or []
        listed = orjson.loads(listed) if isinstance(listed, str) else listed
        others = [_email(one, f"{name}.additionalEmails") for one in listed]
    primary = _email(given.get("primaryEmail"), f"{name}.primaryEmail") if given else old["primaryEmail"]
    return {"primaryEmail": primary, "additionalEmails": others}


def _phones(name: str, value: Any, old: Value) -> Value:
    if value is None:
        return empty("PHONES")
    given = _parts("PHONES", name, value)
    result = dict(old)
    named = ("primaryPhoneNumber", "primaryPhoneCountryCode", "primaryPhoneCallingCode")
    if any(part in given for part in named):
        result |= dict(zip(named, phones.split(*(given.get(part) for part in named)), strict=True))
    if "additionalPhones" in given:
        result["additionalPhones"] = [_further(one) for one in given["additionalPhones"] or ()]
    return result


def _further(one: Any) -> Value:
    """A string is not refused: it becomes an empty object, and the number is lost."""
    if not isinstance(one, dict):
        return {}
    number, country, calling = phones.split(one.get("number"), one.get("countryCode"), one.get("callingCode"))
    return {"number": number, "callingCode": calling, "countryCode": country}


def _links(name: str, value: Any, old: Value) -> Value:
    """Replaced as a whole; without a primary address the first further one takes its place."""
    if value is None:
        return empty("LINKS")
    given = _parts("LINKS", name, value)
    further = given.get("secondaryLinks") or []
    further = orjson.loads(further) if isinstance(further, str) else further
    links = [{"url": address(one.get("url")), "label": one.get("label") or ""} for one in further]
    primary, label = address(given.get("primaryLinkUrl")), given.get("primaryLinkLabel") or ""
    links = [one for one in links if one["url"]]
    if not primary:
        label = ""
        if links:
            first = links.pop(0)
            primary, label = first["url"], first["label"]
    return {"primaryLinkLabel": label, "primaryLinkUrl": primary, "secondaryLinks": links}


def address(url: Any) -> str:
    """Host in lower case, no trailing slash; the scheme is neither asked for nor added."""
    if not url:
        return ""
    text = str(url)
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
    except ValueError:
        parts = None
    if parts is None or not parts.netloc or any(character.isspace() for character in text):
        raise errors.invalid("The URL of the link is not valid", "INVALID_URL")
    scheme = f"{parts.scheme.lower()}://" if "://" in text else ""
    rest = text.partition("://")[2] if scheme else text
    rest = parts.netloc.lower() + rest[len(parts.netloc) :]
    return (scheme + rest).rstrip("/")


def _currency(name: str, value: Any, old: Value) -> Value:
    """Micros are cut to whole numbers, a code is not checked. The server reads them as JavaScript numbers: exact up to 2 ** 53."""
    if value is None:
        return empty("CURRENCY")
    given = _parts("CURRENCY", name, value)
    result = dict(old)
    if "amountMicros" in given:
        result["amountMicros"] = _micros(given["amountMicros"], f"{name}.amountMicros")
    if "currencyCode" in given:
        result["currencyCode"] = given["currencyCode"] or None
    return result


def _micros(value: Any, place: str) -> float | None:
    if value is None:
        return None
    try:
        micros = math.trunc(float(value))
        return micros if abs(micros) < 2**63 else float(micros)
    except (TypeError, ValueError, OverflowError):
        raise errors.bad_request(f'Invalid number value NaN for field "{place}"') from None


def _address(name: str, value: Any, old: Value) -> Value:
    if value is None:
        return empty("ADDRESS")
    result = dict(old)
    for part, given in _parts("ADDRESS", name, value).items():
        if PARTS["ADDRESS"][part] == "NUMERIC":
            result[part] = _degrees(given, f"{name}.{part}")
        else:
            result[part] = _string(given, f"{name}.{part}")
    return result


def _degrees(value: Any, place: str) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        raise errors.bad_request(f'Invalid number value NaN for field "{place}"') from None


def _rich_text(name: str, value: Any, old: Value) -> Value:
    if value is None:
        raise errors.type_error("Cannot read properties of null (reading 'blocknote')")
    given = _parts("RICH_TEXT", name, value)
    blocknote, markdown = given.get("blocknote"), given.get("markdown")
    if blocknote:
        try:
            blocks = orjson.loads(blocknote)
        except orjson.JSONDecodeError:
            message = f'Invalid blocknote value for field "{name}.blocknote" - must contain valid JSON'
            raise errors.bad_request(message) from None
        kept = orjson.dumps(blocks).decode()
        return {"blocknote": kept, "markdown": markdown or richtext.to_markdown(blocks)}
    text = _string(markdown, f"{name}.markdown")
    return {"blocknote": richtext.to_blocknote(text), "markdown": text}


def _actor(name: str, value: Any, old: Value) -> Value:
    given = _parts("ACTOR", name, value or {})
    source = given.get("source", old["source"])
    if source not in SOURCES:
        listed = ", ".join(SOURCES)
        raise errors.bad_request(f'Invalid value "{source}" for field "{name}.source". Valid values are: {listed}')
    return {**old, **given, "source": source}


COMPOSITES: dict[str, Composite] = {
    "FULL_NAME": _merged("FULL_NAME"),
    "EMAILS": _emails,
    "PHONES": _phones,
    "LINKS": _links,
    "CURRENCY": _currency,
    "ADDRESS": _address,
    "RICH_TEXT": _rich_text,
    "ACTOR": _actor,
}
