"""The small written grammar of the guide: what it can understand of a sentence, and nothing by guessing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz, process

CRM_WORDS = {
    "hubspot": "hubspot",
    "salesforce": "salesforce",
    "sfdc": "salesforce",
    "pipedrive": "pipedrive",
    "zoho": "zohocrm",
    "attio": "attio",
    "twenty": "twenty",
}
OBJECT_WORDS = {
    "compan": "companies",
    "account": "companies",
    "organi": "companies",
    "contact": "contacts",
    "people": "contacts",
    "person": "contacts",
    "lead": "leads",
    "deal": "deals",
    "opportunit": "deals",
}
EVERYTHING = ["companies", "contacts", "deals"]
YES = {"yes", "y", "ok", "okay", "sure", "go", "go on", "do it", "continue", "please", "yes please", "approve"}
NO = {"no", "n", "stop", "wait", "cancel", "not now", "undo"}

_FILTERS = re.compile(
    r"((?:created|changed|modified|updated) (?:(?:this|last) (?:year|month|quarter|week)|(?:since|after|before|until|in) \d[\d-]*|in the last \d+ \w+)"
    r"|since \d[\d-]*|own(?:er|ed by) [\w.+-]+@[\w.-]+)",
    re.IGNORECASE,
)
_NARROWING = re.compile(r"\b(?:only|just|but only|except|excluding|where|whose|without)\b(?P<rest>.*)", re.IGNORECASE)
_OF_FIELDS = re.compile(r"\b(?:where|whose|except|excluding|without)\b|\b(?:only|just)\b(?=[^;,]*[=<>])", re.IGNORECASE)
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        "a all also and are but by data everything for from had have i if into is just lot me migrate move my need of one ones our only please records "
        "that the their them these they those to too us want we which who with",
    )
)
_SPELLED = (
    "companies",
    "company",
    "contacts",
    "contact",
    "people",
    "leads",
    "deals",
    "opportunities",
    "organizations",
    "accounts",
)
_AND_ALSO = re.compile(r" and (?=created|changed|in |owned)")
_ONLY_OBJECT = re.compile(
    rf"\b(?:only|just) (?:the |those )?(?P<object>{'|'.join(_SPELLED)}) (?P<condition>(?:that |which |who )?(?:are |is )?"
    r"(?:in|created|changed|modified|updated|where|with) [^;,.!]+)",
    re.IGNORECASE,
)
_ENOUGH = 5
"""Shorter words are too near to one another to be put right."""
_NEAR = 84.0
_CRM = "|".join(CRM_WORDS)
_NAMED = rf"((?:{_CRM})(?:-[a-z0-9-]+)?)"


@dataclass(frozen=True)
class Wish:
    """What a person wants moved. `objects` may hold `contacts:leads`."""

    source: str | None = None
    target: str | None = None
    objects: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)

    def merged(self, other: Wish) -> Wish:
        """This wish with what another sentence adds."""
        return Wish(
            self.source or other.source,
            self.target or other.target,
            self.objects or other.objects,
            [*self.where, *other.where],
        )


def put_right(text: str) -> tuple[str, dict[str, str]]:
    """A sentence with misspelled objects and CRMs put right, and which: `contats` is `contacts`. What is put right is always told.

    What is said of fields stays as it is: a field `Contract` is no contact.
    """
    changed: dict[str, str] = {}
    known = (*_SPELLED, *CRM_WORDS)

    def word(found: re.Match[str]) -> str:
        typed = found.group().lower()
        if len(typed) < _ENOUGH or any(typed.startswith(stem) for stem in (*OBJECT_WORDS, *CRM_WORDS)):
            return found.group()
        near = process.extractOne(typed, known, scorer=fuzz.ratio, score_cutoff=_NEAR)
        if near is None:
            return found.group()
        changed[found.group()] = near[0]
        return str(near[0])

    fields = _OF_FIELDS.search(text)
    end = fields.start() if fields else len(text)
    return re.sub(r"(?<![\w@.])[A-Za-z]+(?![\w@.]*[@=])", word, text[:end]) + text[end:], changed


def read_wish(text: str) -> Wish:
    """What a sentence says of source, target, objects and filters: `migrate contacts and companies from HubSpot to Salesforce`.

    What narrows the records down and is not understood here is a filter too, in the person's words: the plan then says that it does not
    understand it. A filter is never lost.
    """
    objects = _objects(_without_narrowing(_FILTERS.sub(" ", text.lower())))
    scoped, text = _of_one_object(text, objects)
    lowered = text.lower()
    wish = Wish(where=[*scoped, *(found.group(0) for found in _FILTERS.finditer(lowered)), *_narrowing(text)])
    source = re.search(rf"\b(?:from|out of)\s+{_NAMED}", lowered)
    target = re.search(rf"\b(?:to|into)\s+{_NAMED}", lowered) or re.search(rf"\b(?:in|onto)\s+{_NAMED}", lowered)
    arrow = re.search(rf"\b{_NAMED}\s*(?:->|→|to)\s*{_NAMED}", lowered)
    return replace(
        wish,
        source=_connection(source.group(1) if source else arrow.group(1) if arrow else None),
        target=_connection(target.group(1) if target else arrow.group(2) if arrow else None),
        objects=objects,
    )


def _of_one_object(text: str, objects: list[str]) -> tuple[list[str], str]:
    """`only companies in Germany`, where more than companies move, narrows down companies alone; the filters, and the text without them."""
    found = _ONLY_OBJECT.search(_without_crms(text))
    named = _objects(found["object"].lower()) if found else []
    if found is None or len(objects) < 2 or named[:1] != [one for one in objects if one in named]:
        return [], text
    conditions = _AND_ALSO.split(found["condition"])
    rest = text.replace(found["condition"].strip(), " ").replace(found["condition"], " ")
    return [f"{named[0]}: {one.strip()}" for one in conditions], rest


def _narrowing(text: str) -> list[str]:
    """What stands behind `only`, `where`, ... but for the objects, the CRMs and words that say nothing."""
    known = _FILTERS.sub(" ", text)
    found = _NARROWING.search(_without_crms(known))
    if found is None:
        return []
    parts = [_said(part) for part in re.split(rf"[;,.!]|{_AND_ALSO.pattern}", found["rest"])]
    return [part for part in parts if part]


def _without_crms(text: str) -> str:
    return re.sub(
        rf"\b(?:from|out of|to|into)\s+{_NAMED}|\b{_NAMED}\s*(?:->|→)\s*{_NAMED}", " ; ", text, flags=re.IGNORECASE
    )


def _said(part: str) -> str:
    words = part.split()
    while words and _says_nothing(words[0]):
        words.pop(0)
    return " ".join(words)


def _says_nothing(word: str) -> bool:
    lowered = word.lower()
    return lowered in _FILLERS or (lowered in _SPELLED and lowered.endswith("s")) or lowered == "people"


def _without_narrowing(text: str) -> str:
    """Objects are looked for before `where ...`: a field's name there is no object."""
    found = re.search(r"\b(?:where|whose|except|excluding|without)\b", text)
    return (
        text[: found.start()] + " ".join(re.findall(rf"(?:from|to|into|out of)\s+{_NAMED}", text[found.start() :]))
        if found
        else text
    )


def is_yes(text: str) -> bool:
    """Whether a text agrees."""
    return text.strip().lower().rstrip(".!") in YES


def is_no(text: str) -> bool:
    """Whether a text declines."""
    return text.strip().lower().rstrip(".!") in NO


def pick(text: str, choices: list[str]) -> str | None:
    """Which of numbered choices a text names: by number, by name, or by an unambiguous beginning."""
    wanted = text.strip()
    if wanted.isdigit() and 1 <= int(wanted) <= len(choices):
        return choices[int(wanted) - 1]
    exact = [choice for choice in choices if choice.lower() == wanted.lower()]
    close = exact or [choice for choice in choices if wanted and choice.lower().startswith(wanted.lower())]
    return close[0] if len(close) == 1 else None


def _connection(word: str | None) -> str | None:
    if word is None:
        return None
    crm, dash, rest = word.partition("-")
    return CRM_WORDS[crm] + dash + rest


def _objects(text: str) -> list[str]:
    """The objects named, in the order people, companies, deals are loaded; `leads` as what contacts become unless contacts are not named."""
    if re.search(r"\b(everything|all (?:the )?data|the lot)\b", text):
        return list(EVERYTHING)
    without_crms = re.sub(rf"\b(?:{_CRM})\b", " ", text)
    named = [word for stem, word in OBJECT_WORDS.items() if re.search(rf"\b{stem}\w*", without_crms)]
    named = list(dict.fromkeys(named))
    as_leads = re.search(r"\b(?:contacts?|people)\b.*\b(?:to|as|into)\b.*\bleads\b", text)
    if as_leads and "contacts" in named and "leads" in named:
        named = [word for word in named if word != "leads"]
        named[named.index("contacts")] = "contacts:leads"
    return named
