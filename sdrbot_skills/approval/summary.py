"""What the person is shown before they agree: data that both channels draw, nothing of it from a model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sdrbot_skills.model.results import Finding, Forecast, LaneForecast, ObjectCounts, Sample
from sdrbot_skills.plain_text import plain

SHOWN_SAMPLES = 2
AS_ROOT = "run as root"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Account(_Part):
    """One side, as it answers: the CRM's name for people, and its environment (`lab`, `sandbox`, `production`)."""

    crm: str
    name: str
    id: str
    environment: str


class ApprovalSummary(_Part):
    """The approval screen. `emails`: whether anybody will be e-mailed, in a sentence; `way_back`: what undo can do; `changes`: schema
    changes or deletions in words; `credentials`: notes on where the credentials lie; `typed_consent`: words that must be typed as well."""

    run: str
    kind: str = "migrate"
    source: Account | None
    target: Account
    counts: dict[str, ObjectCounts] = {}
    changes: list[str] = []
    findings: list[Finding] = []
    samples: list[Sample] = []
    forecast: Forecast | None = None
    emails: str
    way_back: str
    credentials: list[str] = []
    valid_hours: float = 12
    fingerprint: str
    typed_consent: str | None = None

    @property
    def needs_passphrase(self) -> bool:
        """A lab is approved by the typed account name; anything else by the passphrase that opens the write credential."""
        return self.target.environment != "lab"

    @property
    def title(self) -> str:
        return f"{self.heading} in {self.target.crm} “{self.target.name}” ({self.target.environment})"

    @property
    def heading(self) -> str:
        """Short enough for the frame of a terminal, which cuts what is longer; the account stands in `facts`."""
        return f"Approve run {self.run}: {self.kind}"


def consent_as_root(environment: str) -> str | None:
    """What must be typed before a production run as root, where any program of the machine's owner can read the broker's memory."""
    return AS_ROOT if environment == "production" and os.geteuid() == 0 else None


def facts(summary: ApprovalSummary) -> list[tuple[str, str]]:
    """The short lines of the screen: label and text."""
    lines = [("From", account_line(summary.source))] if summary.source else []
    lines += [
        ("To", account_line(summary.target)),
        ("Will anybody be e-mailed?", summary.emails),
        ("The way back", summary.way_back),
    ]
    if summary.forecast is not None:
        lines.append(("How long", duration_line(summary.forecast)))
        lines += [(f"Calls ({side})", calls) for side, calls in _calls(summary.forecast)]
        lines += [("Note", note) for note in summary.forecast.notes]
    lines += [("Credentials", note) for note in summary.credentials]
    if summary.typed_consent == AS_ROOT:
        lines.append(
            (
                "As root",
                "every program started as root, an agent's shell included, can read the credential once you opened it",
            )
        )
    lines.append(
        ("Good for", f"starting it within 24 hours; once started it may take up to {summary.valid_hours:.0f} hours")
    )
    lines.append(("Fingerprint", summary.fingerprint))
    return [(label, plain(text)) for label, text in lines]


def account_line(account: Account) -> str:
    return f"{account.crm} “{account.name}” (account {account.id}, {account.environment})"


def duration_line(forecast: Forecast) -> str:
    hours, minutes = divmod(round(forecast.seconds / 60), 60)
    text = f"{hours} h {minutes:02} min" if hours else f"{minutes} min" if minutes else "less than a minute"
    return (
        text
        if forecast.calendar_days <= 1
        else f"{text}, spread over {forecast.calendar_days:.1f} days by daily limits"
    )


def count_columns(counts: ObjectCounts) -> list[tuple[str, int]]:
    """Label and figure of one object's row, in the order of the table."""
    return [
        ("read", counts.read),
        ("create", counts.create),
        ("update", counts.update),
        ("skip", counts.skip),
        ("need you", counts.quarantine),
        ("links", counts.links),
    ]


def sample_rows(sample: Sample) -> list[tuple[str, str]]:
    """`name: value` before and after, side by side; the shorter side is padded."""
    before, after = (_lines(values) for values in (sample.before, sample.after))
    length = max(len(before), len(after))
    return list(zip(before + [""] * (length - len(before)), after + [""] * (length - len(after)), strict=True))


def gravest_first(findings: Sequence[Finding]) -> list[Finding]:
    """Problems, then warnings, then what is good to know."""
    return sorted(findings, key=lambda one: ("problem", "warning", "info").index(one.severity))


def render(summary: ApprovalSummary) -> RenderableType:
    """The screen for a terminal: the weightiest stands last, beside the prompt. Values are text, never markup."""
    parts: list[RenderableType] = [_sample_table(sample) for sample in summary.samples[:SHOWN_SAMPLES]]
    parts += [_finding_line(finding) for finding in gravest_first(summary.findings)]
    parts += [Text(f"• {plain(change)}") for change in summary.changes]
    if summary.counts:
        parts.append(_counts_table(summary))
    parts.append(_facts_table(summary))
    return Panel(Group(*parts), title=Text(plain(summary.heading)), title_align="left")


def _calls(forecast: Forecast) -> list[tuple[str, str]]:
    sides = {"source": forecast.source, "target": forecast.target}
    return [(side, _cost(lane) + _left(lane.allowance_left)) for side, lane in sides.items()]


def _cost(lane: LaneForecast) -> str:
    """Calls, and what they cost where the vendor counts its daily allowance in something else."""
    calls = f"{lane.total_calls:,} call{'' if lane.total_calls == 1 else 's'}"
    return calls if lane.unit == "calls" else f"{calls}, {lane.spend:,.0f} {lane.unit}"


def _left(allowance: float | None) -> str:
    return "" if allowance is None else f" of {allowance:,.0f} left"


def _lines(values: dict[str, Any]) -> list[str]:
    return [plain(f"{name}: {_value(value)}") for name, value in values.items()]


def _value(value: Any) -> str:
    """A value as a person writes it: of a list its entries, of an entry that says what it is (`work`, primary) that in brackets."""
    if isinstance(value, list):
        return "; ".join(_value(one) for one in value)
    if isinstance(value, dict) and "value" in value:
        more = [str(one) if one is not True else key for key, one in value.items() if key != "value" and one]
        return f"{value['value']} ({', '.join(more)})" if more else str(value["value"])
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(one)}" for key, one in value.items() if one not in (None, ""))
    return "" if value is None else str(value)


def _facts_table(summary: ApprovalSummary) -> Table:
    table = Table.grid(padding=(0, 2))
    for label, text in facts(summary):
        table.add_row(Text(label, style="bold"), Text(text, overflow="fold"))
    return table


def _counts_table(summary: ApprovalSummary) -> Table:
    table = Table(title="What will happen", title_justify="left")
    table.add_column("object")
    for label, _ in count_columns(ObjectCounts()):
        table.add_column(label, justify="right")
    for name, counts in summary.counts.items():
        table.add_row(Text(plain(name)), *(f"{figure:,}" for _, figure in count_columns(counts)))
    return table


def _finding_line(finding: Finding) -> Text:
    style = {"problem": "red", "warning": "yellow", "info": ""}[finding.severity]
    return Text(plain(f"{finding.severity}: {finding.told}"), style=style)


def _sample_table(sample: Sample) -> Table:
    title = Text(plain(f"{sample.object} {sample.source_id}: {sample.decision}"))
    table = Table(title=title, title_justify="left")
    table.add_column("before")
    table.add_column("after")
    for before, after in sample_rows(sample):
        table.add_row(Text(before), Text(after))
    return table
