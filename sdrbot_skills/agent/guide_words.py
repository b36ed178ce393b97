"""What the guide says, in plain words and few lines; what does not fit is told when the person says `more`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sdrbot_skills.agent.grammar import Wish
from sdrbot_skills.model.results import Finding

HELP = """I move customer data between CRMs, step by step, and write nothing before you have seen and approved it. I understand:
  migrate contacts and companies from HubSpot to Salesforce
  migrate contacts from Zoho to Pipedrive, only those in Germany, created after 2024
  yes · no · a number or a name from a list · back · more · status · continue · undo
  leave out FIELD · move FIELD to FIELD · only created after 2024 (while there is a plan)
  what will happen? · how long will it take? · why was it held back?
  /setup (accounts) · /setup privileged CONNECTION (changing a schema) · /setup standard · /runs · /quit
In privileged mode: list fields of contacts · create field Tier of contacts as choice with Gold, Silver · an admin tool with key=value"""

NOT_UNDERSTOOD = "I did not understand that.\n"
ANOTHER_FILTER = "Which records? Say it in another way (`in Germany`, `created after 2024`, `Lead Source = Web`), or `all` for every record."
KEY_OR_WITHOUT = "Say `key` to make the new fields first, or `without` to go on without them. "
CHANGE_IT = "To change the plan say `leave out FIELD`, `move FIELD to FIELD` or `only created after 2024`."
OBJECT_CHOICES = ["companies", "contacts", "deals", "everything"]
CRM_CHOICES = ["HubSpot", "Salesforce", "Pipedrive", "Zoho", "Attio", "Twenty"]
SUGGESTED = "as suggested"
BODY_LINES = 6
LINE = 140
RULE_ORDER = {"problem": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Said:
    """What is said now, and all of it for who asks for `more`."""

    text: str
    more: str | None = None


def shorten(opening: Sequence[str], body: Sequence[str], closing: Sequence[str]) -> Said:
    """Opening and closing whole, of the body a few lines, each cut to one."""
    short = [line if len(line) <= LINE else line[: LINE - 1] + "…" for line in body[:BODY_LINES]]
    left = len(body) - len(short)
    if left:
        short.append(f"  … {left} more: say `more`")
    elif short != list(body):
        short.append("  … say `more` for all of it")
    text = "\n".join([*opening, *short, *closing])
    return Said(text, "\n".join([*opening, *body, *closing]) if short != list(body) else None)


def ask_for_missing(wish: Wish) -> tuple[str, list[str], str]:
    """The first thing a wish leaves open: what it is, the choices, and the question."""
    if not wish.objects:
        return "objects", OBJECT_CHOICES, "What shall I move?" + _numbered(OBJECT_CHOICES)
    if not wish.source:
        return "from", CRM_CHOICES, "From which CRM?" + _numbered(CRM_CHOICES)
    return "to", CRM_CHOICES, "To which CRM?" + _numbered(CRM_CHOICES)


def question_choices(question: dict[str, Any]) -> list[str]:
    """What may be picked, in the order of the numbers: a suggestion that is no choice by itself comes first."""
    choices = list(question["choices"])
    suggestion = question["suggestion"]
    return [SUGGESTED, *choices] if suggestion and suggestion not in choices else choices


def ask_question(question: dict[str, Any], left: int = 1) -> Said:
    """A question with numbered choices."""
    lines = []
    for number, choice in enumerate(question_choices(question), 1):
        if choice == SUGGESTED:
            lines.append(f"  {number}. {choice}: {_pairs(question['suggestion'])}")
        else:
            mark = " (suggested)" if choice == question["suggestion"] else ""
            lines.append(f"  {number}. {choice}: {question['choices'][choice]}{mark}")
    head = f"{left} questions are open; the first: " if left > 1 else ""
    short = textwrap.shorten(question["text"], 2 * LINE, placeholder=" … (`more`)")
    how = "Type a number, or your own answer." if question["free"] else "Type a number."
    yes = " `yes` takes what is suggested." if question["suggestion"] else ""
    said = shorten([head + short], lines, [how + yes])
    whole = "\n".join([question["text"], f"Suggested: {question['suggestion']}"])
    return Said(
        said.text, whole if short != question["text"] or said.more or SUGGESTED in question_choices(question) else None
    )


def why_asked(question: dict[str, Any]) -> str:
    """Why a person has to answer that."""
    return "Only you can know this, and what you do not decide I would have to guess. " + (
        "The approval waits for it."
        if question["blocks"]
        else "Your answer goes into the plan; `back` asks it again later."
    )


def tell_first(document: dict[str, Any], said: Said) -> Said:
    """What a credential cannot see, and what stays behind, before anything that is built on it."""
    opening = [
        f"! {textwrap.shorten(line, LINE, placeholder=' …')}" for line in document.get("cannot_see", [])[:BODY_LINES]
    ]
    for name, labels in document.get("stays_behind", {}).items():
        if labels:
            opening.append(
                textwrap.shorten(
                    f"{name}: left in the source, because nothing there fits: {', '.join(labels)}",
                    LINE,
                    placeholder=" …",
                )
            )
    whole = [*document.get("cannot_see", []), said.more or said.text]
    return Said("\n".join([*opening, said.text]), "\n".join(whole)) if opening else said


def tell_mapping(document: dict[str, Any]) -> Said:
    """The agreed mapping, grouped by object, and what comes next."""
    short, whole = [], []
    for name, part in document["mapping"].items():
        count = part.get("fields_in_all", len(part["fields"]))
        pairs = [f"{' + '.join(entry['from']) or '(made)'} → {entry['to']}" for entry in part["fields"]]
        where = f", where {' and '.join(part['where'])}" if part["where"] else ""
        links = f", linked to {', '.join(part['links'])}" if part["links"] else ""
        head = f"  {name}: {part['from']} → {part['to']}{where}{links}; {count} fields"
        short += [head, "    " + textwrap.shorten(", ".join(pairs), LINE - 10, placeholder=" …")]
        whole += [
            head,
            *(
                f"    {pair}   ({entry['why'] or 'as answered'})"
                for pair, entry in zip(pairs, part["fields"], strict=True)
            ),
        ]
        if len(pairs) < count:
            whole.append(f"    and {count - len(pairs)} more, surer than these; all are in the plan")
    opening = [f"The plan, from {document['source']} to {document['target']} (`{document['plan']}`, yours to edit):"]
    closing = _next_after_mapping(document)
    return Said(
        "\n".join([*opening, *short, *closing, "`more` shows every field with its reason."]),
        "\n".join([*opening, *whole, *closing]),
    )


def _next_after_mapping(document: dict[str, Any]) -> list[str]:
    changes = document["schema_changes"]
    if not changes:
        return ["Shall I do the dry run? It reads everything and writes nothing. (yes/no)"]
    names = ", ".join(f"{change['object']}.{change['field']}" for change in changes)
    return [
        f"Wanted on the target: {names}. The migration key makes the run repeatable and the undo exact.",
        f"  1. `key`: make {'it' if len(changes) == 1 else 'them'} first (a change of the target's schema: "
        f"type `/setup privileged {document['target_connection']}` before it)",
        "  2. `without`: go on without",
    ]


def tell_schema() -> Said:
    """After the schema run."""
    return Said(
        "The new fields are there. Shall I do the dry run now? It reads everything and writes nothing. (yes/no)"
    )


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


def counted(number: int, word: str) -> str:
    """`1 record`, `2,000 records`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


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


def tell_error(error: dict[str, Any]) -> Said:
    """What went wrong, and what can be done."""
    first, *rest = str(error["message"]).splitlines() or [""]
    return shorten([f"That did not work: {first}"], rest, [])


def _numbered(choices: Sequence[str]) -> str:
    return "".join(f"\n  {number}. {choice}" for number, choice in enumerate(choices, 1))


def _pairs(suggestion: str) -> str:
    """The first of `a = b; c = d; ...`, and how many more."""
    pairs = [pair.strip() for pair in suggestion.split(";")]
    more = f"; and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    return "; ".join(pairs[:3]) + more


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
