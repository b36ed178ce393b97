"""Everything a run recorded, gathered for reports and summaries; nothing is asked of a CRM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sdrbot_skills.engine import JournalReader, read_journal
from sdrbot_skills.runs.actuals import actuals
from sdrbot_skills.runs.auditing import audit_findings
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.state import RunState

ONLY_BEFORE = frozenset(
    {"policy_violation", "no_migration_key", "not_recognisable", "cannot_see", "on_the_target", "creation_dates"}
)
MARK = "RECORD0ID"
"""Stands for the id in the stored pattern of a deep link."""

_NOTHING: dict[str, Any] = {"counts": {}, "findings": [], "samples": [], "forecast": None}
"""What a run without a dry run, or one that was forgotten, has to tell."""


@dataclass(frozen=True)
class RunOutcome:
    """A run's counts, findings, quarantine, samples and proof. `aside`: what came to the source (`deferred`) or went from it (`gone`) since the dry run.
    `figures` are forecast and actual side by side."""

    state: RunState
    counts: dict[str, dict[str, int]]
    findings: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    aside: list[dict[str, Any]]
    samples: list[dict[str, Any]]
    verified: dict[str, Any] | None
    figures: list[dict[str, str]]
    fingerprint: str
    forgotten: bool = False

    @property
    def totals(self) -> dict[str, int]:
        """The counts of all objects together."""
        columns = ("read", "create", "update", "skip", "quarantine", "deferred", "gone", "links")
        return {column: sum(counts[column] for counts in self.counts.values()) for column in columns}

    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "run": self.state.model_dump(mode="json"),
            "counts": self.counts,
            "totals": self.totals,
            "verified": self.verified,
            "findings": self.findings,
            "quarantine": self.quarantine,
            "aside": self.aside,
            "samples": self.samples,
            "forecast_and_actual": self.figures,
            "fingerprint": self.fingerprint,
        }


def outcome(run: RunDirectory) -> RunOutcome:
    """Gather what a run recorded, live where it went live, else of its dry run."""
    dry = {**_NOTHING, **(run.read_json("trusted", "dry.json") or {})}
    live = run.read_json("trusted", "live.json")
    links = run.read_json("trusted", "deep_links.json") or {}
    journal = _journal(run)
    aside = [entry._asdict() for entry in journal.aside()] if journal else []
    for entry in aside:
        entry["link"] = deep_link(links, "source", entry["object"], entry["source_id"])
    samples = dry["samples"]
    for sample in samples:
        target_id = sample.get("target_id") or (
            journal.target_id(sample["object"], sample["source_id"]) if journal else None
        )
        sample["target_id"] = target_id
        sample["source_link"] = deep_link(links, "source", sample["object"], sample["source_id"])
        sample["target_link"] = deep_link(links, "target", sample["object"], target_id)
    if journal:
        journal.close()
    bound = run.read_json("sealed", "fingerprint.json") or {}
    return RunOutcome(
        state=run.state(),
        counts=(live or dry)["counts"],
        findings=[
            *(finding.model_dump(mode="json") for finding in audit_findings(run)),
            *_findings(dry["findings"], live.get("findings", []) if live else None),
        ],
        quarantine=list(quarantined(run)),
        aside=aside,
        samples=samples,
        verified={"differences": [], **proof} if (proof := run.read_json("trusted", "verify.json")) else None,
        figures=_figures(dry["forecast"], actuals(run)),
        fingerprint=bound.get("digest", "none"),
        forgotten=run.is_forgotten,
    )


def quarantined(run: RunDirectory) -> Iterator[dict[str, Any]]:
    """Every record that needs a person, with the address of its page. Of a run this reads the journal alone: the audit can be long."""
    journal = _journal(run)
    if journal is None:
        return
    links = run.read_json("trusted", "deep_links.json") or {}
    with journal:
        for entry in journal.quarantined():
            yield {**entry.model_dump(mode="json"), "link": deep_link(links, "source", entry.object, entry.source_id)}


def _journal(run: RunDirectory) -> JournalReader | None:
    """What a run did, or, where it never went live, what its dry run found."""
    recorded = run.journal_path if run.journal_path.exists() else run.scope_path
    return read_journal(recorded) if recorded.exists() else None


def deep_link(patterns: dict[str, Any], side: str, object_name: str, record_id: str | None) -> str | None:
    """The address of a record's page, from the patterns stored at the dry run."""
    pattern = patterns.get(side, {}).get(object_name)
    return pattern.replace(MARK, record_id) if pattern and record_id else None


def _findings(dry: list[dict[str, Any]], live: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The live run's findings where it went live; of the dry run's then only what the live run cannot know."""
    if live is None:
        return dry
    return [finding for finding in dry if finding["rule"] in ONLY_BEFORE] + live


def _figures(forecast: dict[str, Any] | None, done: dict[str, int]) -> list[dict[str, str]]:
    if not forecast:
        return []
    rows = [
        ("calls to the source", forecast["source"]["total_calls"], done.get("source_calls")),
        ("calls to the target", forecast["target"]["total_calls"], done.get("target_calls")),
        ("seconds", round(forecast["seconds"]), done.get("seconds")),
    ]
    return [
        {"name": name, "forecast": f"{ours:,}", "actual": "-" if theirs is None else f"{theirs:,}"}
        for name, ours, theirs in rows
    ]


def carried_links(run: RunDirectory, limit: int) -> list[str]:
    """The pages of records that were carried, some of each object, for a person to look at."""
    patterns = run.read_json("trusted", "deep_links.json") or {}
    objects = run.state().objects
    share = max(1, limit // max(1, len(objects)))
    journal = read_journal(run.journal_path)
    try:
        carried = [(name, target) for name in objects for _, target in islice(journal.id_map(name), share)]
    finally:
        journal.close()
    found = [deep_link(patterns, "target", name, target) for name, target in carried]
    return [link for link in found if link][:limit]
