"""`docs/proposals.md`: precision and recall of proposed mappings, direction by direction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sdrbot_skills.bench.proposals.measuring import Measured
from sdrbot_skills.bench.proposals.score import Score, Total, total
from sdrbot_skills.crm.registry import capabilities, crm_names

HEAD = """\
# How good proposals are

Written by `{command}`. A proposal is what `crm-migrate plan` maps by itself, before anybody
has answered a question. It is judged against a table made by hand from the vendors' documents (`sdrbot_skills/bench/proposals/truth.yaml`);
the schemas are those of the practice CRMs.

- *precision*: of the pairs of fields that were proposed, the share that belongs together. *recall*: of those that belong together, the share that
  was proposed. A pair that is only offered in a question counts as missed. What experts differ about, or what follows from another field,
  counts as neither.
- An opt-out that the target has no place for has to be asked about, and the question has to block. So many were not: **{unasked}**.

Table and product have the same authors: the figures show what breaks, not what nobody thought of.

## Standard fields

{right:,} right, {wrong} wrong, {missed} missed: precision {precision:.3f}, recall {recall:.3f}, over {count} proposals. Companies, people and deals; leads too,
between CRMs that have them and to and from people elsewhere. Each cell: precision / recall.

"""
WIDE = """
## Wide objects with odd names

{width} own fields on either side: shortened, German and French names, misspelt ones, packages' and people's prefixes, Pipedrive's hashes; a third
without a counterpart, some empty everywhere, some two of one label. {right:,} right, {wrong} wrong, {missed} missed, of these {asked} offered in a question:
precision {precision:.3f}, recall {recall:.3f} over {count} proposals, of companies, people and deals in each direction. At most {questions}
questions in any of them. Made by rule from `wide_words.yaml`.

The German and French words of this set and those the product knows (`planning/terms.yaml`) come from the same desk: a word that is in neither
is not matched. With a third of today's words, and before shortened words were understood by their letters, recall was 0.25 for German, 0.40 for
French and 0.30 for shortened names, at the same precision.

| spelled on the source to the target | pairs | recall |
|---|---|---|
"""


def document(found: Measured, command: str) -> str:
    """The whole page."""
    standard, wide = total(found.standard), total(found.wide)
    parts = [
        HEAD.format(command=command, count=len(found.standard), **_facts(standard)),
        *_table(found.standard),
        WIDE.format(
            width=found.width, count=len(found.wide), questions=max(one.questions for one in found.wide), **_facts(wide)
        )
        if found.wide
        else "",
        *_by_style(found),
        *_exceptions(found.standard),
    ]
    return "".join(parts).rstrip() + "\n"


def rows(scores: Sequence[Score]) -> tuple[list[str], list[list[str]]]:
    """Source by target: head and rows."""
    crms = crm_names()
    by_direction: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for score in scores:
        by_direction[score.expected.source_crm, score.expected.target_crm].append(score)
    labels = [capabilities(crm).label for crm in crms]
    return ["from \\ to", *labels], [
        [capabilities(ours).label, *(_cell(by_direction.get((ours, theirs))) for theirs in crms)] for ours in crms
    ]


def _cell(scores: Sequence[Score] | None) -> str:
    if not scores:
        return ""
    found = total(scores)
    return f"{_down(found.precision)} / {_down(found.recall)}"


def _down(share: float) -> str:
    """Two decimals, never rounded up to a whole that it is not."""
    return f"{int(share * 100) / 100:.2f}"


def _table(scores: Sequence[Score]) -> Iterator[str]:
    head, body = rows(scores)
    yield _line(head) + _line(["---"] * len(head))
    yield from (_line(row) for row in body)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _by_style(found: Measured) -> Iterator[str]:
    all_pairs, missed = Counter(found.styles.values()), Counter(found.styles[key] for key in found.missed_of_styles)
    for style, number in sorted(all_pairs.items()):
        yield _line([style, f"{number:,}", _down(1 - missed[style] / number)])


def _exceptions(scores: Sequence[Score]) -> Iterator[str]:
    """Each pair that is wrong or missed by name: few, or the page is worth nothing."""
    lines = [
        f"- {score.expected.source_crm} {score.expected.source} to {score.expected.target_crm} {score.expected.target}: {what} {ours} → {theirs}\n"
        for score in scores
        for what, pairs in (("wrong:", score.wrong), ("missed:", score.missed))
        for ours, theirs in sorted(pairs)
    ]
    if lines:
        yield "\n## Wrong and missed standard fields\n\n"
        yield from lines


def _facts(found: Total) -> dict[str, float]:
    return {
        "right": found.right,
        "wrong": found.wrong,
        "missed": found.missed,
        "asked": found.asked,
        "unasked": found.unasked,
        "precision": int(found.precision * 1000) / 1000,
        "recall": int(found.recall * 1000) / 1000,
    }
