"""One direction from beginning to end: fill, migrate, judge; again, with nothing changed; with changes; and back to a third account."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from sdrbot_skills.errors import MigrationError
from sdrbot_skills.lab.plain import Account, Refused
from sdrbot_skills.lab.plain.account import KEY, KINDS, LINKS
from sdrbot_skills.lab.plain.filling import Filled, fill
from sdrbot_skills.lab.plain.population import populate
from sdrbot_skills.matrix.arithmetic import counted
from sdrbot_skills.matrix.judge import Case, Quarantine, by_rule, expected_choice, judge
from sdrbot_skills.matrix.labs import BACK, SOURCE, TARGET, Labs, emptied
from sdrbot_skills.matrix.outcome import CHANGED, Outcome
from sdrbot_skills.matrix.terminal import Program
from sdrbot_skills.matrix.walk import Walk

_CHANGES = {"companies": (3, "name"), "contacts": (4, "phone"), "deals": (3, "name")}


class Wish(NamedTuple):
    """How many records of each kind, and how far: `whole` goes on with the second and the third run and the way back."""

    records: int
    whole: bool = True


def go(wish: Wish, labs: Labs, source: str, target: str, folder: Path, program: Program) -> Outcome:
    """Walk one direction; what stops it is in the outcome's `error`."""
    found = Outcome(source, target, wish.records)
    began = time.monotonic()
    try:
        _Direction(wish, labs, found, folder, program).go()
    except (MigrationError, Refused) as error:
        found.error = str(error)
    found.seconds = round(time.monotonic() - began, 1)
    return found


class _Direction:
    def __init__(self, wish: Wish, labs: Labs, found: Outcome, folder: Path, program: Program) -> None:
        self.wish, self.labs, self.found = wish, labs, found
        self.folder, self.program = folder, program
        self.source = emptied(labs[found.source, SOURCE])
        self.target = emptied(labs[found.target, TARGET])
        self.filled = Filled()

    def go(self) -> None:
        self.filled = fill(self.source, populate(self.source, self.wish.records))
        self.found.not_taken = self.filled.refused
        self.target.prepare()
        walk = Walk(self.folder / "there", self.source.lab, self.target.lab, self.program)
        plan = walk.plan()
        went = walk.migrate(prove=True)
        case = Case(self.source, self.target, plan, went.quarantined, self.filled.blemished)
        verdict = judge(case)
        self.found.carried, self.found.judged, self.found.proved = verdict.carried, verdict.figures(), went.proof
        self.found.quarantined = dict(by_rule(went.quarantined))
        self.found.calls = counted(case, went)
        self.found.examples += verdict.examples
        if self.wish.whole:
            self.found.again_writes = dict(walk.migrate().writes)
            self._change(walk, case)
            self._back(case)

    def _change(self, walk: Walk, case: Case) -> None:
        """Edit records that were carried, and carry the edits."""
        for kind, (many, word) in _CHANGES.items():
            held = case.quarantined.get(kind, {}).keys() | self.filled.blemished[kind].keys()
            names = self.source.read(kind)
            for number, one in enumerate([one for one in reversed(self.filled.ids[kind]) if one not in held][:many]):
                value = f"+4179700{number:04}" if word == "phone" else f"{names[one]['name']} (changed)"
                self.source.change(kind, one, {word: value})
        went = walk.migrate()
        verdict = judge(case._replace(quarantined=went.quarantined))
        self.found.changed_writes = dict(went.writes)
        self.found.changed_judged = verdict.figures()
        self.found.examples += [f"after {CHANGED} changes, {example}" for example in verdict.examples]

    def _back(self, there: Case) -> None:
        """From the target to a third account of the source's kind: what comes back, and what the target could not hold."""
        back = emptied(self.labs[self.found.source, BACK])
        back.prepare()
        walk = Walk(self.folder / "back", self.target.lab, back.lab, self.program)
        plan = walk.plan()
        went = walk.migrate()
        through = {kind: _keys(self.target, kind) for kind in KINDS}
        held: Quarantine = {kind: dict(records) for kind, records in there.quarantined.items()}
        for kind, records in went.quarantined.items():
            held.setdefault(kind, {}).update({through[kind].get(one, one): rule for one, rule in records.items()})
        case = Case(self.source, back, plan, held, self.filled.blemished, there, through)
        verdict = judge(case)
        self.found.back_judged = verdict.figures()
        self.found.examples += [f"back again, {example}" for example in verdict.examples]
        self.found.cannot_hold = list(_cannot_hold(case))
        back.close()


def _keys(account: Account, kind: str) -> dict[str, str]:
    """Per record where it came from."""
    return {one: row[KEY].rpartition(":")[2] for one, row in account.read(kind).items() if KEY in row}


def _cannot_hold(case: Case) -> list[str]:
    """What the CRM between has no place for."""
    assert case.there is not None
    between, found = case.there.target, []
    for kind in KINDS:
        words = case.source.words[kind] - between.words[kind]
        if "full_name" in between.words[kind]:
            words -= {"first_name", "last_name"}
        found += [f"{kind}: {word}" for word in sorted(words - {"full_name"})]
        for word in sorted(case.source.words[kind] & between.choice_fields.keys()):
            values = {row.get(word, "") for row in case.source.read(kind).values()} - {""}
            lost = sorted(value for value in values if expected_choice(case, kind, word, value) not in (value, None))
            found += [f"{kind}: {word} {', '.join(lost)}"] if lost else []
    found += [name for name in LINKS if name in case.source.link_names and name not in between.link_names]
    return found + (["deals: more than one contact"] if between.one_contact and not case.source.one_contact else [])
