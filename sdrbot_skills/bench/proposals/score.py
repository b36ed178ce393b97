"""Proposals judged: of what was proposed, how much is right (precision); of what should be proposed, how much was (recall)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from sdrbot_skills import planning
from sdrbot_skills.bench.proposals.account import Snapshot, SnapshotCrm
from sdrbot_skills.bench.proposals.truth import Expected, Pair, directions, within
from sdrbot_skills.bench.proposals.wide import Wide
from sdrbot_skills.model.plan import Plan, Question, Side
from sdrbot_skills.planning.questions import topic


@dataclass
class Score:
    """One direction of one pair of objects. `asked`: pairs that are missing but offered in a question; `unasked`: opt-outs that would be lost
    without a word, which must be none."""

    expected: Expected
    right: set[Pair] = field(default_factory=set)
    wrong: set[Pair] = field(default_factory=set)
    missed: set[Pair] = field(default_factory=set)
    asked: set[Pair] = field(default_factory=set)
    unasked: set[str] = field(default_factory=set)
    questions: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Total:
    """Several scores as one."""

    right: int
    wrong: int
    missed: int
    asked: int
    unasked: int

    @property
    def precision(self) -> float:
        """The share of right ones among those proposed; what may be either way counts as neither."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of those proposed among those that should be; one that is only asked about counts as missed."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def document(self) -> dict[str, float]:
        """For `--json`."""
        return {**asdict(self), "precision": self.precision, "recall": self.recall}


def total(scores: Iterable[Score]) -> Total:
    """The sum."""
    found = list(scores)
    return Total(
        *(sum(len(getattr(one, name)) for one in found) for name in ("right", "wrong", "missed", "asked", "unasked"))
    )


def score_standard(snapshots: dict[str, Snapshot]) -> list[Score]:
    """Every direction of the truth table, over these accounts by CRM."""
    return [
        judge(_within(expected, snapshots), snapshots[expected.source_crm], snapshots[expected.target_crm])
        for expected in directions()
    ]


def judge(expected: Expected, source: Snapshot, target: Snapshot) -> Score:
    """One proposal, judged."""
    started = time.perf_counter()
    plan = propose(source, target, [f"{expected.source}:{expected.target}"])
    seconds = time.perf_counter() - started
    (entry,) = plan.objects.values()
    proposed = {(name, mapping.target) for mapping in entry.fields for name in mapping.source}
    missed = expected.must - proposed
    return Score(
        expected,
        right=proposed & expected.must,
        wrong=proposed - expected.must - expected.may,
        missed=missed,
        asked=missed & _offered(plan.questions),
        unasked=expected.ask - {name for name, _ in proposed} - _opt_outs(plan.questions),
        questions=len(plan.questions),
        seconds=seconds,
    )


def propose(source: Snapshot, target: Snapshot, objects: Sequence[str]) -> Plan:
    """The product's own proposal between two accounts in memory."""
    return planning.propose(SnapshotCrm(source), SnapshotCrm(target), objects, [], _side(source), _side(target))


def _within(expected: Expected, snapshots: dict[str, Snapshot]) -> Expected:
    source = snapshots[expected.source_crm].schemas[expected.source]
    target = snapshots[expected.target_crm].schemas[expected.target]
    return within(expected, set(source.by_name), set(target.by_name))


def _offered(questions: Sequence[Question]) -> set[Pair]:
    """What answers to questions would map."""
    mappings = [mapping for question in _each(questions) for mapping in question.mappings.values()]
    return {(name, mapping.target) for mapping in mappings for name in mapping.source}


def _each(questions: Sequence[Question]) -> Iterator[Question]:
    for question in questions:
        yield from question.parts or [question]


def _opt_outs(questions: Sequence[Question]) -> set[str]:
    asked = [question for question in _each(questions) if topic(question) == "opt_out" and question.blocks]
    return {name for question in asked for mapping in question.mappings.values() for name in mapping.source}


def _side(snapshot: Snapshot) -> Side:
    account = snapshot.account
    return Side(
        connection=account.crm,
        crm=account.crm,
        account_id=account.id,
        account_name=account.name,
        environment=account.environment,
    )


def score_wide(wide: Wide, source_object: str, target_object: str) -> Score:
    """The own fields of one pair of objects of two wide accounts, judged; standard fields have their own table."""
    expected = Expected(wide.source.account.crm, source_object, wide.target.account.crm, target_object)
    expected.must = wide.pairs[source_object]
    found = judge(expected, wide.source, wide.target)
    own = {field.name for field in wide.source.schemas[source_object].fields if field.custom}
    found.wrong = {pair for pair in found.wrong if pair[0] in own}
    return found
