"""The report of a run: one self-contained HTML page to forward, and the same as JSON."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.resources import template_directory
from sdrbot_skills.runs.auditing import BROKEN
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.leftover import told
from sdrbot_skills.runs.outcome import RunOutcome, outcome
from sdrbot_skills.runs.state import CARRYING

FATES = ("created", "updated", "skipped", "quarantined", "deferred")
COLUMNS = ("read", "create", "update", "skip", "quarantine", "deferred", "gone", "links")
WORDS = {
    **{name: name for name in (*FATES, *COLUMNS)},
    "create": "created",
    "update": "updated",
    **dict.fromkeys(("skip", "skipped"), "already right"),
    **dict.fromkeys(("quarantine", "quarantined"), "need you"),
    "deferred": "came later",
    "gone": "gone since",
}
"""A fate as the person reads it, the same in picture, table and chat."""

PICTURE_FROM, PICTURE_WIDTH = 120, 690


@dataclass(frozen=True)
class Report:
    """Where the report lies, its five lines, and everything in it."""

    html: Path
    json: Path
    lines: list[str]
    document: dict[str, Any]


def report(run: RunDirectory) -> Report:
    """Write the report of a run from what the run recorded; nothing is asked of a CRM."""
    if run.state().kind not in CARRYING:
        raise ConfigurationError(
            f"Reports are made of migrations; `crm-migrate status {run.id}` says what this run did."
        )
    found = outcome(run)
    lines = five_lines(found)
    meanwhile = told(found.state.id, found.counts, found.findings)
    document = {"lines": lines, "meanwhile": meanwhile, **found.document()}
    page = _page(found, lines)
    return Report(
        html=run.copy_for_people("report.html", page.encode()),
        json=run.copy_for_people(
            "report.json", json.dumps(document, indent=1, ensure_ascii=False, default=str).encode()
        ),
        lines=lines,
        document=document,
    )


def five_lines(found: RunOutcome) -> list[str]:
    """Five plain lines that can be forwarded to somebody who was not there."""
    state, total = found.state, found.totals
    carried = total["create"] + total["update"]
    return [
        f"{', '.join(state.objects).capitalize()} moved from {state.source} to {state.target}, {state.target_account}: {state.plain}.",
        f"{total['read']:,} records read; {carried:,} carried ({total['create']:,} created, {total['update']:,} updated), {total['skip']:,} already right.",
        f"{total['quarantine']:,} {'needs' if total['quarantine'] == 1 else 'need'} a person; the report lists each with its reason."
        if total["quarantine"]
        else "Nothing is left over.",
        _proof(found),
        "What was carried is forgotten here, so that it can neither be tried again nor be taken back."
        if found.forgotten
        else f"The way back: `crm-migrate undo {state.id}` takes it all back, sparing records edited since.",
    ]


def _proof(found: RunOutcome) -> str:
    broken = [finding["message"] for finding in found.findings if finding["rule"] == BROKEN]
    if broken:
        return f"NOT proven: {' '.join(broken)}"
    if found.verified is None:
        return "Not verified yet."
    figures = found.verified["total"]
    words = ", ".join(
        f"{figures[key]:,} {key.replace('_', ' ')}" for key in ("lost", "duplicated", "mismatched", "links_missing")
    )
    if any(figures[key] for key in ("lost", "duplicated", "mismatched", "links_missing")):
        return f"NOT proven: {words}."
    return f"Verified: {words}, out of {figures['checked']:,} records compared field by field."


def _page(found: RunOutcome, lines: list[str]) -> str:
    environment = Environment(
        loader=FileSystemLoader(template_directory()), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("report/report.html.j2")
    return template.render(
        run=found.state,
        plain_status=found.state.plain,
        lines=lines,
        bars=[_bar(name, counts) for name, counts in found.counts.items()],
        fates=FATES,
        columns=COLUMNS,
        words=WORDS,
        counts=found.counts,
        verified=found.verified,
        findings=sorted(found.findings, key=lambda one: not one["object"]),  # records first, then the accounts
        quarantine=found.quarantine,
        aside=found.aside,
        left_over=told(found.state.id, found.counts, found.findings),
        samples=found.samples,
        figures=found.figures,
        fingerprint=found.fingerprint,
        made_at=time.strftime("%Y-%m-%d %H:%M %Z"),
    )


def _bar(name: str, counts: dict[str, int]) -> dict[str, Any]:
    """One object's records as pieces of a bar, in the order of `FATES`."""
    figures = [counts[key] for key in ("create", "update", "skip", "quarantine", "deferred")]
    total = sum(figures)
    pieces, at = [], float(PICTURE_FROM)
    for fate, count in zip(FATES, figures, strict=True):
        width = PICTURE_WIDTH * count / total if total else 0
        if count:
            pieces.append({"fate": fate, "count": count, "x": round(at, 1), "width": round(max(width, 1.5), 1)})
        at += width
    return {"object": name, "pieces": pieces, "total": total}
