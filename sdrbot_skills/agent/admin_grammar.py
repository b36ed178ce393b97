"""What the guide understands of requests to an administrator: `list fields of contacts in hubspot`, `create field Tier of contacts as choice with
Gold, Silver`, or any admin tool by its name with `key=value` pairs. Which tool a sentence means is a table (`admin_sentences`)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from sdrbot_skills.agent.admin_sentences import KINDS, NEW_FIELD, SENTENCES
from sdrbot_skills.agent.grammar import CRM_WORDS, OBJECT_WORDS
from sdrbot_skills.crm.standard import standard_objects

STANDARD = {"companies": "company", "contacts": "person", "leads": "lead", "deals": "deal"}

_IN = rf"(?:\s+(?:in|of|on)\s+(?P<crm>{'|'.join(CRM_WORDS)}))?"
_LIST = r"(?:list|show)(?: me)?(?: all)?(?: the)? "
_MAKE = r"(?:create|make|add) (?:an? )?(?:new )?"
_REMOVE = r"(?:delete|remove) (?:the )?"
_FIELD = r"(?:field|property|attribute)"
_NAMED = r"\"?(?P<label>.+?)\"?"
_WHICH = r"\"?(?P<field>[^\s\"]+)\"?"
_OBJECT = r"(?:of|for|on|to) (?P<object>\w+)"
_KIND = rf"(?: as)?(?: an?)? (?P<kind>{'|'.join(KINDS)})(?: field)?"
_WITH = r"(?:,? with (?:the )?(?:options? |stages? )?(?P<options>.+?))"

_PATTERNS = [
    (what, re.compile(pattern + _IN, re.I))
    for what, pattern in (
        ("objects", rf"{_LIST}(?:objects|modules)"),
        ("people", rf"{_LIST}(?:users|owners|members|people)"),
        ("pipelines", rf"{_LIST}pipelines(?: {_OBJECT})?"),
        ("fields", rf"{_LIST}(?:fields|properties|attributes) {_OBJECT}"),
        ("show", rf"show (?:the )?{_FIELD} {_WHICH} {_OBJECT}"),
        ("remove", rf"{_REMOVE}{_FIELD} {_WHICH} {_OBJECT}"),
        ("create", rf"{_MAKE}(?:custom )?{_FIELD} (?:called |named )?{_NAMED} {_OBJECT}{_KIND}{_WITH}?"),
        ("create", rf"{_MAKE}(?:custom )?{_FIELD} (?:called |named )?{_NAMED} {_OBJECT}{_WITH}?"),
        ("add", rf"add (?:the )?options? (?P<options>.+?) to (?:the )?{_FIELD} {_WHICH} {_OBJECT}"),
        ("remove pipeline", rf"{_REMOVE}pipeline (?P<field>\S+)"),
        ("pipeline", rf"{_MAKE}pipeline (?:called |named )?{_NAMED}{_WITH}?"),
        ("stage", rf"{_MAKE}stage (?:called |named )?{_NAMED} (?:in|to|for|of) (?:pipeline )?(?P<field>\S+)"),
    )
]

Asked = tuple[str, dict[str, Any]]


def admin_call(text: str, default_crm: str | None) -> Asked | str | None:
    """The admin tool and its arguments that a sentence asks for; a text where it asks for what has to be said in another way; None for
    anything else. `default_crm`: where the sentence names none."""
    said = text.strip().rstrip(".")
    if re.match(r"\w+_admin_\w+(\s|$)", said):
        return _by_name(said)
    for what, pattern in _PATTERNS:
        if found := pattern.fullmatch(said):
            crm = CRM_WORDS.get(str(found["crm"] or "").lower(), default_crm or "")
            return _said_of(crm, what, found.groupdict()) if crm else _WHICH_ACCOUNT
    return _EXAMPLES if _ALMOST.match(said) else None


_ALMOST = re.compile(rf"(?:create|make|add|delete|remove) (?:\w+ ){{0,3}}(?:{_FIELD}|options?|pipeline|stage)\b", re.I)
_EXAMPLES = (
    "I did not understand that. Say it like one of these:\n"
    "  create field Tier of contacts as choice with Gold, Silver\n"
    "  add options Bronze, Lead to field Tier of contacts\n"
    "  create pipeline Partners with New, Talking, Won · create stage Trial in pipeline 3\n"
    "  show field Tier of contacts · delete field Tier of contacts · list fields of contacts · list pipelines\n"
    f"A field is one of: {', '.join(KINDS)}."
)
_WHICH_ACCOUNT = (
    "Looking at or changing an account's fields, options and pipelines needs privileged mode: type `/setup privileged CONNECTION` "
    "(`status` shows your connections), then say it again."
)


def _by_name(said: str) -> Asked | None:
    try:
        tool, *pairs = shlex.split(said)
    except ValueError:  # a quotation mark that is not closed
        return None
    given = [pair.partition("=") for pair in pairs]
    return (tool, {key: value for key, _, value in given}) if all(equals for _, equals, _ in given) else None


def _said_of(crm: str, what: str, parts: Mapping[str, str | None]) -> Asked | str:
    entries, slots = SENTENCES[crm], _slots(crm, parts)
    written = [entries.get(what, f"!There is no tool for that in {crm}.")]
    if what == "create":
        kind = parts.get("kind") or ("choice" if slots["options"] else "text")
        written.append(NEW_FIELD[crm][KINDS.index(kind.lower())])
        written += [entries["create with"]] if slots["options"] else []
    for line in written:
        if hint := _hint(line, slots, crm, what):
            return hint
    tool, *pairs = shlex.split(" ".join(written))
    arguments = {key: value.format(**slots) for key, _, value in (pair.partition("=") for pair in pairs)}
    return f"{crm}_admin_{tool}", arguments


def _hint(line: str, slots: Mapping[str, str], crm: str, what: str) -> str | None:
    """What the person is told where a sentence cannot be carried out as it is."""
    if line.startswith("!"):
        return line[1:].format(**slots)
    if "{number}" in line and not slots["number"].isdigit():
        listed = "pipelines" if "pipeline_id" in line else f"fields of {slots['object']}"
        return f"{crm} goes by numbers here: say `list {listed}`, then this again with the number instead of {slots['field']!r}."
    if "{one}" in line and "," in slots["options"]:
        return f"{crm} takes one option at a time: say it with {slots['first']!r} alone first."
    if "{options}" in line and not slots["options"]:
        return f"Which {'stages' if what == 'pipeline' else 'options'}? Say it again and end with `with A, B, C`."
    return None


def _slots(crm: str, parts: Mapping[str, str | None]) -> dict[str, str]:
    label, named = parts.get("label") or "", parts.get("field") or ""
    options = re.sub(r"\s+and\s+", ", ", parts.get("options") or "")
    return {
        "object": _object(crm, parts.get("object") or "deals"),
        "field": named,
        "number": named,
        "label": label,
        "name": _name(crm, label),
        "options": options,
        "first": options.partition(",")[0].strip(),
        "one": options,
    }


def _object(crm: str, word: str) -> str:
    """The vendor's name for an everyday word; any other word is taken for the vendor's own name."""
    plain = next((name for stem, name in OBJECT_WORDS.items() if word.lower().startswith(stem)), None)
    wanted = STANDARD.get(plain or "")
    return next((name for name, what in standard_objects(crm).items() if what == wanted), word)


def _name(crm: str, label: str) -> str:
    """A name as the CRM spells such names: `customer_tier`, `customerTier`, `Customer_Tier`."""
    words = re.findall(r"[A-Za-z0-9]+", label)
    if crm == "twenty":
        return words[0].lower() + "".join(word.capitalize() for word in words[1:]) if words else label
    return "_".join(words) if crm == "salesforce" else "_".join(words).lower()
