"""What the guide says of runs: the dry run, the pilot, the end, and what can be said then."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.agent.guide_words import Said, counted, shorten
from sdrbot_skills.model.results import Finding

RULE_ORDER = {"problem": 0, "warning": 1, "info": 2}


def tell_dry_run(document: dict[str, Any]) -> Said:
    """Counts, findings and forecast of a dry run."""
    opening = [f"Dry run {document['run']}: nothing was written."]
    opening += [f"  {name}: {_counts(counts)}" for name, counts in document["counts"].items()]
    findings = sorted(document["findings"], key=lambda one: (RULE_ORDER[one["severity"]], -one["count"]))
    closing = []
    forecast = document["forecast"]
    if forecast:
        closing.append(how_long(forecast))
    closing.append("Shall I show you the approval? (yes/no)")
    return shorten(opening, [_finding(one) for one in findings], closing)


def how_long(forecast: dict[str, Any]) -> str:
    """The forecast in a sentence."""
    calls = forecast["target"]["total_calls"]
    return f"The live run will take about {_duration(forecast['seconds'])} and {calls:,} calls to the target."


def tell_held(document: dict[str, Any], *, live: bool) -> Said:
    """Why records were, or would be, held back."""
    groups = document["held_back"]
    if not groups:
        return Said("No record was held back." if live else "No record would be held back.")
    lines = []
    for group in groups:
        where = ".".join(part for part in (group["object"], group["field"]) if part)
        lines.append(f"  {group['count']:,} × {where}: {group['message']}")
        lines.append(f"      for example {', '.join(map(str, group['records']))}")
    total = sum(group["count"] for group in groups)
    opening = (
        f"{counted(total, 'record')} {'were' if total > 1 else 'was'} held back:"
        if live
        else f"{counted(total, 'record')} would be held back:"
    )
    closing = (
        "Mend them in the source, then say `retry`: it tries these alone."
        if live
        else "The others can go without them: `yes` shows the approval. Or mend them in the source and ask for the migration again."
    )
    return shorten([opening], lines, [closing])


def tell_pilot(document: dict[str, Any]) -> Said:
    """After the pilot."""
    opening = [f"The pilot is done: {_all_counts(document)}. Please look at these records in the target:"]
    links = [f"  {link}" for link in document["deep_links"]]
    return shorten(opening, links, ["Then say `continue` to carry the rest, or `undo` to take the pilot back."])


def tell_waiting(document: dict[str, Any]) -> str:
    """One line on a run that is at work."""
    parts = [
        f"{name} {done:,}" + (f" of {total:,}" if total else "") for name, (done, total) in document["progress"].items()
    ]
    return f"Run {document['run']} is at work" + (f": {', '.join(parts)}." if parts else ".")


def tell_stopped(document: dict[str, Any]) -> Said:
    """A run that is at rest and not done."""
    if document["status"] == "paused":
        hint = "It goes on by itself; `status` shows how far it is."
    else:
        other = "" if document["kind"] in ("undo", "schema") else ", or `undo` to take it back"
        hint = f"Nothing is lost or done twice: say `resume` to carry it on from where it stopped{other}."
    return Said(f"Run {document['run']}: {document['state'].rstrip('.')}. {hint}")


def tell_undone(document: dict[str, Any]) -> Said:
    """After an undo."""
    counts = document["taken_back"] or {}
    told = (
        ", ".join(f"{number:,} {word}" for word, number in counts.items() if number) or "nothing was left to take back"
    )
    return Said(f"Taken back: {told}. Say what to migrate next, or `status`.")


def tell_report(document: dict[str, Any]) -> Said:
    """The end, and what can be said now."""
    closing = [*document.get("meanwhile", []), f"The report to forward: {document['html']}"]
    if document["quarantined"]:
        closing.append(
            f"{document['quarantined']:,} need you: `why were they held back?` tells of each; mend them in the source, then say `retry`."
        )
    closing.append(
        "Now you can say: `undo` (take it all back) · `delta` (carry what came to the source since) · or what to migrate next."
    )
    return Said("\n".join([*document["lines"], *closing]))


_NOW = {
    "rehearsed": "It waits for your approval: say `yes` to see it.",
    "approved": "It is approved and not started: say `yes` to start it.",
    "pilot_done": "The pilot waits for you: say `continue` to carry the rest, or `undo` to take the pilot back.",
    "running": "It is at work: say `wait` to watch it.",
    "paused": "It goes on by itself; say `wait` to watch it.",
    "failed": "Say `resume` to carry it on from where it stopped.",
    "done": "Say `report`, `undo` or `delta`, or what to migrate next.",
}


def _now(last: dict[str, Any]) -> str:
    if last["status"] == "done" and last["kind"] != "migrate":
        return "" if last["kind"] == "undo" else f"Say `undo {last['run']}` to take it back, or what to do next."
    return _NOW.get(last["status"], "")


def tell_status(document: dict[str, Any]) -> Said:
    """Accounts, the latest runs, and what can be said about the last one."""
    opening = [
        f"Connected: {', '.join(entry['name'] for entry in document['connections']) or 'nothing; `/setup` connects an account'}."
    ]
    runs = [f"  {entry['run']} ({entry['kind']}): {entry['state']}" for entry in reversed(document["runs"])]
    last = document["runs"][-1] if document["runs"] else None
    now = _now(last) if last else "Say what to move, for example `migrate contacts from Zoho to Pipedrive`."
    return shorten(
        opening, runs or ["  No run yet."], [f"{last['run']}: {now}" if last and now else now] if now else []
    )


def _counts(counts: dict[str, int]) -> str:
    words = {
        "create": "to create",
        "update": "to update",
        "skip": "already right",
        "quarantine": "need you",
        "links": "links",
    }
    told = [f"{counts[key]:,} {word}" for key, word in words.items() if counts.get(key)]
    return f"{counts['read']:,} read: {', '.join(told) or 'nothing to do'}"


def _all_counts(document: dict[str, Any]) -> str:
    told = [f"{counts['create'] + counts['update']:,} {name}" for name, counts in document["counts"].items()]
    return ", ".join(told) or "nothing was carried"


def _finding(finding: dict[str, Any]) -> str:
    mark = "" if finding["severity"] == "info" else "! "
    return f"  {mark}{Finding.model_validate(finding).told}"


def _duration(seconds: float) -> str:
    return (
        "a minute"
        if seconds < 90
        else f"{round(seconds / 60):,} minutes"
        if seconds < 5400
        else f"{seconds / 3600:.1f} hours"
    )
