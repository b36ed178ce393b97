"""What the guide says, in plain words."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.agent.grammar import Wish

HELP = """I move customer data between CRMs, step by step, and write nothing before you have seen and approved it. I understand:
  migrate contacts and companies from HubSpot to Salesforce
  migrate contacts created this year from HubSpot to Salesforce leads
  yes · no · a number or a name from a list · key · continue · undo
  /setup (connect a CRM, privileged mode) · /runs · /quit"""


def ask_for_missing(wish: Wish) -> str:
    """The first thing a wish leaves open."""
    if not wish.objects:
        return "What shall I move: companies, contacts, deals, or everything?"
    if not wish.source:
        return "From which CRM (HubSpot, Salesforce)?"
    return "To which CRM (HubSpot, Salesforce)?"


def ask_question(question: dict[str, Any]) -> str:
    """A question with numbered choices and the suggestion."""
    lines = [question["text"]]
    lines += [
        f"  {number}. {choice}: {meaning}" for number, (choice, meaning) in enumerate(question["choices"].items(), 1)
    ]
    if question["suggestion"]:
        lines.append(f"I suggest {question['suggestion']} (say `yes` for it).")
    elif question["free"]:
        lines.append("Type your answer.")
    return "\n".join(lines)


def tell_mapping(document: dict[str, Any]) -> str:
    """The agreed mapping, and what comes next."""
    lines = []
    for name, mapping in document["mapping"].items():
        lines.append(f"{name}:")
        lines += [f"  {', '.join(entry['from']) or '(made)'} → {entry['to']}" for entry in mapping]
    lines.append(f"That is the plan ({document['plan']}).")
    if document["schema_changes"]:
        fields = ", ".join(f"{change['object']}.{change['field']}" for change in document["schema_changes"])
        lines.append(
            f"It wants a migration key on the target ({fields}): with it the run can be repeated and undone exactly."
        )
        lines.append("Type `/setup` to switch privileged mode on, then `key`. Or say `yes` for the dry run without it.")
    else:
        lines.append("Shall I do the dry run? It reads everything and writes nothing. (yes/no)")
    return "\n".join(lines)


def tell_schema(document: dict[str, Any]) -> str:
    """After the schema run."""
    return "The migration key is there. Shall I do the dry run now? It reads everything and writes nothing. (yes/no)"


def tell_dry_run(document: dict[str, Any]) -> str:
    """Counts, findings and forecast of a dry run."""
    lines = [f"Dry run {document['run']}: nothing was written."]
    for name, counts in document["counts"].items():
        lines.append(f"  {name}: " + ", ".join(f"{word} {number:,}" for word, number in counts.items()))
    for finding in document["findings"]:
        where = ".".join(part for part in (finding["object"], finding["field"]) if part)
        lines.append(f"  ! {where} {finding['message']} ({finding['count']:,})")
    forecast = document["forecast"]
    lines.append(
        f"The live run will take about {max(1, round(forecast['seconds'] / 60)):,} min, {forecast['target']['total_calls']:,} calls to the target."
    )
    lines.append("Shall I show you the approval? (yes/no)")
    return "\n".join(lines)


def tell_pilot(document: dict[str, Any]) -> str:
    """After the pilot."""
    lines = ["The pilot is done. Please look at these records in the target:"]
    lines += [f"  {link}" for link in document.get("deep_links", [])]
    lines.append("Say `continue` to carry the rest, or `undo` to take the pilot back.")
    return "\n".join(lines)


def tell_report(document: dict[str, Any]) -> str:
    """The end."""
    return "\n".join([*document["lines"], f"The report: {document['html']}"])


def tell_error(error: dict[str, Any]) -> str:
    """What went wrong, and what can be done."""
    return f"That did not work: {error['message']}"
