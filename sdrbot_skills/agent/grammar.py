"""The small written grammar of the guide: what it can understand of a sentence, and nothing by guessing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

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
    r"(created (?:this|last) (?:year|month|quarter|week)|created (?:since|after|before|in) [\d-]+|since [\d-]+|own(?:er|ed by) [\w.+-]+@[\w.-]+)",
    re.IGNORECASE,
)
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


def read_wish(text: str) -> Wish:
    """What a sentence says of source, target, objects and filters: `migrate contacts and companies from HubSpot to Salesforce`."""
    lowered = text.lower()
    wish = Wish(where=[found.group(0) for found in _FILTERS.finditer(lowered)])
    source = re.search(rf"\b(?:from|out of)\s+{_NAMED}", lowered)
    target = re.search(rf"\b(?:to|into)\s+{_NAMED}", lowered)
    arrow = re.search(rf"\b{_NAMED}\s*(?:->|→|to)\s*{_NAMED}", lowered)
    return replace(
        wish,
        source=_connection(source.group(1) if source else arrow.group(1) if arrow else None),
        target=_connection(target.group(1) if target else arrow.group(2) if arrow else None),
        objects=_objects(_FILTERS.sub(" ", lowered)),
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
