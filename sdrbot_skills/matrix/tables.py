"""Six by six: a table for each question, rows by where the records came from, columns by where they went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sdrbot_skills.matrix.judge import ZEROS
from sdrbot_skills.matrix.outcome import CHANGED, Outcome

LABELS = {
    "hubspot": "HubSpot",
    "salesforce": "Salesforce",
    "pipedrive": "Pipedrive",
    "zohocrm": "Zoho CRM",
    "attio": "Attio",
    "twenty": "Twenty",
}
Cell = Callable[[Outcome], str]
_MOST_EXAMPLES = 4

HEAD = """\
# Every direction

Written by `{command}`. {records} companies, contacts and deals each, with their links and with blemishes on purpose (over-long text, an invalid e-mail,
a key that two records share, a missing required field, an option that is not listed, emoji and right-to-left text, the years 0001 and 9999, a leap day, a
currency without decimals, companies that are each other's parents), go from one practice CRM to another by the way a person goes it: plan with its
proposals accepted, schema run for the migration key, dry run, approval, live run in the sandbox through the broker, proof. Then a judge that shares no
code with the product reads both accounts by plain HTTP and compares record by record, word by word, link by link.

Rows: from. Columns: to. A dash: not walked that far. All together took {minutes:.0f} minutes.
"""


def _zeros(figures: dict[str, int] | None) -> str:
    return "-" if not figures else " / ".join(str(figures[name]) for name in ZEROS)


def _calls(one: Outcome) -> str:
    calls = one.calls
    return (
        f"{calls.total:,} / {calls.least:,} ({100 * (calls.total - calls.least) / calls.least:+.1f} %)"
        if calls.least
        else "-"
    )


def _quarantine(one: Outcome) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in sorted(one.quarantined.items())) or "0"


def _again(one: Outcome) -> str:
    if one.again_writes is None or one.changed_writes is None:
        return "-"
    return f"{sum(one.again_writes.values())} / {one.updated} / {sum(one.changed_judged.values())}"


_ABOVE = (
    "a handful of calls that does not grow with the records. Only into Attio it grows: the people of a deal go by a call of their own, after the deal. "
    "Why: `docs/decisions/0008-calls-above-the-least.md`."
)
TABLES: tuple[tuple[str, str, Cell], ...] = (
    (
        "Lost / duplicated / mismatched / links missing",
        "By the judge. In brackets how many of the records were carried; the others wait in quarantine.",
        lambda one: f"{_zeros(one.judged)} ({one.carried} of {3 * one.records})" if one.judged else "-",
    ),
    ("The same by the product's own proof", "`crm-migrate verify RUN`.", lambda one: _zeros(one.proved)),
    (
        "Quarantined by rule",
        "Only records with a blemish, or with a choice that the plan as agreed has no counterpart for; any other would count as lost above.",
        _quarantine,
    ),
    (
        "Calls of the live run",
        "Calls of both sides / the fewest by arithmetic (how much above). The fewest: list pages, batches, one call each where the vendor has no batch, and "
        "the least start (who answers, both schemas, whether the target has anything; each once, `sdrbot_skills/matrix/starts.py`). What is above is "
        f"{_ABOVE}",
        _calls,
    ),
    (
        "Again, and with changes",
        f"Writes of a second run / records updated by a third run after {CHANGED} of the source were edited / differences the judge found then.",
        _again,
    ),
    (
        "There and back",
        "From the target to a third account, of the CRM where the records came from, compared with the first by the judge: lost / duplicated / mismatched / "
        "links missing. What the CRM between has no place for is listed below.",
        lambda one: _zeros(one.back_judged),
    ),
)


def grid(found: Sequence[Outcome], cell: Cell) -> tuple[list[str], list[list[str]]]:
    """Head and rows of one table."""
    by_pair = {(one.source, one.target): one for one in found}
    targets = [crm for crm in LABELS if any(one.target == crm for one in found)]
    sources = [crm for crm in LABELS if any(one.source == crm for one in found)]
    rows = []
    for source in sources:
        cells = [by_pair.get((source, target)) for target in targets]
        rows.append([LABELS[source], *("" if one is None else "failed" if one.error else cell(one) for one in cells)])
    return ["from \\ to", *(LABELS[crm] for crm in targets)], rows


def document(found: Sequence[Outcome], command: str) -> str:
    """The whole page."""
    records = " or ".join(f"{count:,}" for count in sorted({one.records for one in found}))
    minutes = sum(one.seconds for one in found) / 60
    parts = [HEAD.format(command=command, records=records, minutes=minutes)]
    for title, told, cell in TABLES:
        parts += [f"## {title}", "", told, "", *_markdown(*grid(found, cell)), ""]
    parts += ["## What is not as it must be", "", *_problems(found), ""]
    parts += ["## What the CRM between cannot hold", "", *_lost_between(found), ""]
    parts += ["## Blemishes that a CRM does not take", "", *_not_taken(found), ""]
    return "\n".join(parts)


def _problems(found: Sequence[Outcome]) -> list[str]:
    lines = []
    for one in found:
        if problems := one.problems():
            lines.append(f"- **{name_of(one)}**: {'; '.join(problems)}")
            lines += [f"  - {example}" for example in one.examples[:_MOST_EXAMPLES]]
    return lines or ["Nothing."]


def _lost_between(found: Sequence[Outcome]) -> Iterator[str]:
    for one in found:
        if one.cannot_hold:
            yield f"- {name_of(one)} and back: {'; '.join(one.cannot_hold)}"


def _not_taken(found: Sequence[Outcome]) -> Iterator[str]:
    told = {one.source: one.not_taken for one in found}
    for source, blemishes in told.items():
        yield f"- {LABELS[source]}: {', '.join(blemishes) or 'it takes them all'}"


def name_of(one: Outcome) -> str:
    """The direction in words."""
    return f"{LABELS[one.source]} to {LABELS[one.target]}"


def _markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in body:
        yield "| " + " | ".join(row) + " |"
