"""What text fields can hold, and fields of e-mails, telephone numbers and addresses of pages, which are lists of texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import phonenumbers

from sdrbot_skills.model.convert import Frame, Misfit, converter
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind

Check = Callable[[Any], Any]

_HALF = re.compile("[\ud800-\udfff]")
_EMAIL = re.compile(r"[^@\s;,<>()\"]+@[^@\s;,<>()\".]+(?:\.[^@\s;,<>()\".]+)+")
_DOMAIN = re.compile(r"(?:[a-z]+://)?[^\s/.]+(?:\.[^\s/.]+)+(?:[/?#].*)?", re.IGNORECASE)
_TIDIED = {
    (False, True): "The target drops blanks around a text: it is carried without them.",
    (False, False): "The target drops blanks around a text and keeps line ends as one character: it is carried so.",
    (True, False): "The target keeps line ends as one character: the text is carried so.",
}


def sound(value: Any) -> None:
    """Text that no CRM can keep is never sent: a NUL (databases refuse it, with the whole batch) and half of a surrogate pair, which has no
    UTF-8. Either comes from a system that cut a text in the middle. `value`: a text, or texts in a list or an object."""
    for text in value if isinstance(value, list) else value.values() if isinstance(value, Mapping) else (value,):
        if type(text) is not str or ("\0" not in text and (text.isascii() or not _HALF.search(text))):
            continue
        whole = _HALF.sub("", text).replace("\0", "") if value is text else None
        raise Misfit(
            "broken_text", "The text holds a character that no CRM can keep (a NUL, or half of an emoji).", whole
        )


def text_fitter(field: Field) -> Check:
    """From any value to a text that the field keeps as it is."""
    convert, longest = converter(Kind.TEXT, Frame()), field.max_length or 0
    tidied = _TIDIED.get((field.keeps_blanks, field.keeps_line_ends))

    def fit(value: Any) -> str | None:
        text: str | None = value if type(value) is str and value else convert(value)
        if text is None:
            return None
        sound(text)
        kept = _tidy(text, field) if tidied else text
        if longest and len(kept) > longest:
            raise Misfit(
                "too_long", f"The field holds {longest} characters; the value has {len(kept)}.", kept[:longest]
            )
        if tidied and kept != text:
            raise Misfit("blanks_dropped", tidied, kept or None, harmless=True)
        return text

    return fit


def _tidy(text: str, field: Field) -> str:
    text = text if field.keeps_line_ends else text.replace("\r\n", "\n")
    return text if field.keeps_blanks else text.strip()


def entries_check(field: Field) -> Check:
    """Each entry valid and short enough, and not more of them than there is room for; the same entry twice is one."""
    rule, valid = _validity(field)
    capacity, longest = field.capacity, field.max_length

    def check(entries: list[str]) -> list[str] | None:
        sound(entries)
        entries = _each_once(entries, field.kind)
        good = [entry for entry in entries if valid(entry)]
        if len(good) != len(entries):
            message = f"{len(entries) - len(good)} of {len(entries)} entries are not valid."
            raise Misfit(rule, message, good[:capacity] or None)
        if longest and any(len(entry) > longest for entry in entries):
            raise Misfit("too_long", f"The field holds {longest} characters; an entry has more.")
        if capacity and len(entries) > capacity:
            message = f"The field holds {capacity}; the value has {len(entries)}."
            raise Misfit("loses_values", message, entries[:capacity])
        if field.international:
            _without_extension(entries)
        return entries or None

    return check


def _validity(field: Field) -> tuple[str, Callable[[str], bool]]:
    if field.kind is Kind.EMAILS:
        return "invalid_email", lambda entry: _EMAIL.fullmatch(entry) is not None
    if field.kind is Kind.PHONES and field.international:
        return "invalid_phone", lambda entry: _parsed(entry) is not None
    if field.kind is Kind.PHONES:
        return "invalid_phone", lambda entry: any(character.isdigit() for character in entry)
    if (field.standard or "").endswith(".domain"):
        return "invalid_url", lambda entry: _DOMAIN.fullmatch(entry) is not None
    return "invalid_url", bool


def _each_once(entries: list[str], kind: Kind) -> list[str]:
    """Blanks around an entry mean nothing in any CRM, nor does the case of an e-mail's letters."""
    once: dict[str, str] = {}
    for entry in entries:
        bare = entry.strip()
        if bare:
            once.setdefault(bare.casefold() if kind is Kind.EMAILS else bare, bare)
    return list(once.values())


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None


def _without_extension(entries: list[str]) -> None:
    parsed = [_parsed(entry) for entry in entries]
    if not any(number and number.extension for number in parsed):
        return
    e164 = phonenumbers.PhoneNumberFormat.E164
    bare = [
        phonenumbers.format_number(number, e164) if number and number.extension else entry
        for number, entry in zip(parsed, entries, strict=True)
    ]
    raise Misfit("loses_extension", "The field holds no extension; the value has one.", bare)
