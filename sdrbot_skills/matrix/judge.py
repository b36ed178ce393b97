"""An independent judge: both accounts read by plain HTTP, compared word by word. Of the product it knows only the plan, as YAML, and the quarantine."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sdrbot_skills.lab.plain.account import KEY, KINDS, LINKS, Account, Row

ZEROS = ("lost", "duplicated", "mismatched", "links_missing")
_EXAMPLES = 12


@dataclass
class Verdict:
    """Differences by kind, and the first of each in words."""

    lost: int = 0
    duplicated: int = 0
    mismatched: int = 0
    links_missing: int = 0
    carried: int = 0
    examples: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in ZEROS}

    def found(self, what: str, example: str) -> None:
        """Count one difference."""
        setattr(self, what, getattr(self, what) + 1)
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{what}: {example}")


Quarantine = dict[str, dict[str, str]]
"""Per object the rule of each source id."""


class Case(NamedTuple):
    """What to judge. `plan`: the plan's YAML as it was read; `blemished`: per object the records that may be in quarantine.

    After a way back `source` and `target` are of one CRM, `there` is the first half of the way, and `through` says of the records between
    where they came from.
    """

    source: Account
    target: Account
    plan: Mapping[str, Any]
    quarantined: Quarantine
    blemished: Mapping[str, Mapping[str, str]]
    there: Case | None = None
    through: Mapping[str, Mapping[str, str]] = {}

    def origin(self, kind: str, row: Row) -> str:
        """The source's id of a record of the target."""
        key = row.get(KEY, "").rpartition(":")[2]
        return self.through[kind].get(key, key) if self.there else key


def judge(case: Case) -> Verdict:
    """Every record of the source is on the target once, as it was, or waits in quarantine for a reason; and every link between two that came."""
    verdict = Verdict()
    ids: dict[str, dict[str, str]] = {}
    for kind in KINDS:
        ours, theirs = case.source.read(kind), case.target.read(kind)
        by_key: dict[str, list[str]] = defaultdict(list)
        for record, row in theirs.items():
            by_key[case.origin(kind, row)].append(record)
        ids[kind] = {one: there[0] for one, there in by_key.items() if one in ours}
        for one, row in ours.items():
            _record(case, verdict, kind, one, row, [theirs[there] for there in by_key.get(one, ())])
        for one in by_key.keys() - ours.keys():
            verdict.found(
                "duplicated", f"{kind} {one or 'without a key'}: {len(by_key[one])} that nobody has on the source"
            )
    for name in LINKS:
        if all(name in account.link_names for account in _accounts(case)):
            _links(case, verdict, name, ids)
    return verdict


def _record(case: Case, verdict: Verdict, kind: str, one: str, row: Row, there: Sequence[Row]) -> None:
    held_back = case.quarantined.get(kind, {}).get(one)
    name = f"{kind} {one} ({row.get('name') or row.get('email') or row.get('full_name')})"[:90]
    if held_back and one not in case.blemished.get(kind, {}) and not _unmapped(case, kind, row):
        verdict.found("lost", f"{name} is in quarantine without a blemish: {held_back}")
    elif held_back and there:
        verdict.found("duplicated", f"{name} is in quarantine and on the target")
    elif not held_back and not there:
        verdict.found("lost", f"{name} is nowhere")
    if len(there) > 1:
        verdict.found("duplicated", f"{name} is there {len(there)} times")
    if there:
        verdict.carried += 1
        differences = list(_differences(case, kind, row, there[0]))
        if differences:
            verdict.found("mismatched", f"{name}: {'; '.join(differences)}"[:400])


def _accounts(case: Case) -> list[Account]:
    """Those that the records came through."""
    return [case.source, case.target, *([case.there.target] if case.there else [])]


def common_words(case: Case, kind: str) -> list[str]:
    """What all of them have a place for."""
    return sorted(frozenset.intersection(*(_with_whole_name(account.words[kind]) for account in _accounts(case))))


def _with_whole_name(words: frozenset[str]) -> frozenset[str]:
    return words | {"full_name"} if "last_name" in words else words


def _differences(case: Case, kind: str, ours: Row, theirs: Row) -> Iterator[str]:
    for word in common_words(case, kind):
        was, now = _said(word, ours), _said(word, theirs)
        if word in case.target.choice_fields:
            was = expected_choice(case, kind, word, was) or ""
        if word == "email" and not all(account.many_emails for account in _accounts(case)):
            was, now = was.partition(" ")[0], now.partition(" ")[0]
        if word == "amount":
            nothing = max(account.no_amount for account in _accounts(case)[1:])
            was, now = was or nothing, now or nothing
        if word == "currency" and not ours.get("amount"):
            continue
        if comparable(word, was) != comparable(word, now):
            yield f"{word}: {was[:60]!r} became {now[:60]!r}"


def _said(word: str, row: Row) -> str:
    if word == "full_name" and word not in row:
        return " ".join(filter(None, (row.get("first_name"), row.get("last_name"))))
    return row.get(word, "")


def comparable(word: str, value: str) -> Any:
    """What the CRMs spell differently and mean alike."""
    if word == "phone":
        return "".join(sign for sign in value if sign.isdigit()) or value
    if word == "email":
        return sorted(value.casefold().split())
    if word == "domain":
        return value.casefold().removeprefix("www.")
    return value.strip().replace("\r\n", "\n")


def _unmapped(case: Case, kind: str, row: Row) -> bool:
    """A choice that the plan, as it was agreed, has no counterpart for."""
    words = [word for word in common_words(case, kind) if word in case.target.choice_fields]
    return any(expected_choice(case, kind, word, row[word]) is None for word in words if word in row)


def expected_choice(case: Case, kind: str, word: str, value: str) -> str | None:
    """What a choice becomes by the plan, or by both plans; None where a plan has no counterpart for it."""
    if case.there is not None:
        value = expected_choice(case.there, kind, word, value) or ""
    for mapping in case.plan["objects"][kind]["fields"]:
        if value and mapping["to"] == case.target.choice_fields[word]:
            named = mapping.get("value_map")
            return value if named is None else named.get(value)
    return value or None


def _links(case: Case, verdict: Verdict, name: str, ids: Mapping[str, Mapping[str, str]]) -> None:
    kind, to = LINKS[name]
    ours, theirs = case.source.links(name), case.target.links(name)
    wanted = {(ids[kind][a], ids[to][b]) for a, b in ours if a in ids[kind] and b in ids[to]}
    missing, more = wanted - theirs, theirs - wanted
    if any(account.one_contact for account in _accounts(case)) and name == "deals.contacts":
        excused = {a for a, _ in theirs} | {ids[kind].get(a) for a, b in ours if b not in ids[to]}
        missing = {pair for pair in missing if pair[0] not in excused}
    for pair in sorted(missing):
        verdict.found("links_missing", f"{name} {pair[0]} to {pair[1]}")
    for pair in sorted(more):
        verdict.found("duplicated", f"{name} {pair[0]} to {pair[1]}, a link that nobody has on the source")


def by_rule(quarantined: Quarantine) -> Counter[str]:
    """How many wait in quarantine under each rule."""
    return Counter(rule for records in quarantined.values() for rule in records.values())
