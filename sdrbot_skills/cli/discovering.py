"""`discover`: what a CRM holds, short by default, complete and filtered on request, and what changed since it was last kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from sdrbot_skills import planning
from sdrbot_skills.cli.output import console, print_json, table
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Allowance, Blindness, LinkType, Pipeline
from sdrbot_skills.planning import ConnectionOverview, FieldOverview, ObjectOverview
from sdrbot_skills.planning.fieldfilter import FieldFilter
from sdrbot_skills.runs import brokers, snapshots

SHOWN_BLIND = 4
ROOMY = 65_536  # values hardly come near; to name such a limit on most lines hides the ones that matter
SHOWN_OPTIONS = 4
WEIGHTS = {"breaks": "✗", "new": "+", "changed": "~"}


def add_to(app: typer.Typer) -> None:
    """Mount the command."""
    app.command()(discover)


def discover(
    connection: Annotated[
        str,
        typer.Argument(metavar="CONNECTION", help="The connection, or the CRM's name.", show_default=False),
    ] = "",
    object_name: Annotated[
        str | None, typer.Argument(metavar="[OBJECT]", help="One object; all of them listed otherwise.")
    ] = None,
    complete: Annotated[
        bool, typer.Option("--all", help="Everything: read-only and empty fields, every option, counts of all objects.")
    ] = False,
    field: Annotated[
        list[str] | None, typer.Option(help="Only this field, with every option; may be repeated.")
    ] = None,
    like: Annotated[str, typer.Option(help="Only fields whose name or label holds this; * stands for anything.")] = "",
    kind: Annotated[list[str] | None, typer.Option(help="Only fields of this kind (text, choice, money, ...).")] = None,
    filled: Annotated[bool, typer.Option("--filled", help="Only fields that some record has.")] = False,
    required: Annotated[bool, typer.Option("--required", help="Only fields that must be given.")] = False,
    unique: Annotated[bool, typer.Option("--unique", help="Only fields without duplicates.")] = False,
    custom: Annotated[bool, typer.Option("--custom", help="Only fields made by the account itself.")] = False,
    save: Annotated[bool, typer.Option("--save", help="Keep the schema as it is now, to compare with later.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="What changed since it was last kept.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """What a CRM holds: objects, or one object's fields with types, options, counts and fill rates; and what changed since."""
    if not connection:
        names = ", ".join(source.name for source in brokers.sources())
        raise ConfigurationError(
            f"Say which: `crm-migrate discover CONNECTION`. Connected: {names or 'nothing yet; `crm-migrate setup` connects an account'}."
        )
    if diff:
        _diff(connection, object_name, json)
    if save:
        path = snapshots.save(connection)
        if json and not diff:
            print_json({"saved": str(path)})
        elif not json:
            console.print(f"Kept: {path}", markup=False)
    if diff or save:
        return
    only = FieldFilter(tuple(field or ()), like, tuple(kind or ()), filled, required, unique, custom)
    with brokers.reading(connection) as (crm,):
        if object_name is None:
            overview = planning.discover_connection(crm, complete=complete)
            print_json(overview) if json else _show_account(overview, complete)
            return
        found = planning.discover_object(crm, object_name, complete=complete, only=only)
    print_json(found) if json else _show_object(found, complete, only)


def _diff(connection: str, object_name: str | None, json: bool) -> None:
    compared = snapshots.compare(connection, object_name)
    if json:
        print_json({"since": compared.before.taken_at, "account": compared.now.account, "changes": compared.changes})
        return
    since = f"{compared.before.taken_at:%Y-%m-%d %H:%M} UTC"
    console.print(
        f"Since {since}: {len(compared.changes) or 'no'} change{'' if len(compared.changes) == 1 else 's'}.",
        markup=False,
    )
    for change in compared.changes:
        place = f"{change.object}.{change.field}" if change.field else change.object
        console.print(f"  {WEIGHTS[change.weight]} {place}: {change.text}", markup=False)
    if any(change.weight == "breaks" for change in compared.changes):
        console.print("✗ may stop a plan that relies on it: `crm-migrate check plan.yaml` says so.", markup=False)


def _show_account(overview: ConnectionOverview, complete: bool) -> None:
    account = overview.account
    rows = [
        [one.name, one.label, one.standard or ("own" if one.custom else ""), _count(one.count, one.at_least)]
        for one in overview.objects
    ]
    console.print(f"{account.name} (account {account.id}, {account.environment})", markup=False)
    table("", ["object", "label", "is a", "records"], rows)
    _show_limits(overview.allowances)
    _show_blind(overview.blind, complete)


def _show_object(found: ObjectOverview, complete: bool, only: FieldFilter) -> None:
    rows = [
        [field.name, field.label, field.kind, _about(field, complete or bool(only.names)), _filled(field)]
        for field in found.fields
    ]
    console.print(f"{found.label} ({found.name}): {_records(found.count, found.at_least)}", markup=False)
    if rows:
        table("", ["field", "label", "kind", "about", "filled"], rows)
    else:
        console.print(
            "No field fits: `*` stands for anything, --all looks at read-only and empty fields too.", markup=False
        )
    if found.hidden:
        console.print(
            f"{found.hidden} more field{'' if found.hidden == 1 else 's'} (read-only or empty): --all shows {'it' if found.hidden == 1 else 'them'}."
        )
    if found.fields and found.sampled:
        console.print(f"Filled: of the first {found.sampled:,} records.", markup=False)
    if only.chosen:
        return
    _show_links(found.links)
    for line in found.pipelines:
        console.print(_pipeline(line), markup=False)
    if found.record_types:
        console.print("Record types: " + ", ".join(one.label for one in found.record_types), markup=False)
    console.print(f"A record's page: {found.page}", markup=False, soft_wrap=True)
    _show_blind(found.blind, complete)


def _about(field: FieldOverview, complete: bool) -> str:
    """What else is to be known, in few words."""
    facts = [word for word in ("required", "unique", "custom") if getattr(field, word)]
    facts += ["read-only"] * field.read_only
    if field.max_length and field.max_length < ROOMY:
        facts.append(f"up to {field.max_length:,} characters")
    facts += [f"→ {', '.join(field.references)}"] * bool(field.references)
    if field.kind in ("choice", "choices"):
        shown = field.options if complete else field.options[:SHOWN_OPTIONS]
        names = ", ".join(one.label if one.label == one.value else f"{one.label} ({one.value})" for one in shown)
        more = field.option_count - len(shown)
        words = "option" if field.option_count == 1 else "options"
        facts.append(f"{field.option_count} {words}: {names}{f' and {more} more' if more else ''}")
    return "; ".join(facts)


def _filled(field: FieldOverview) -> str:
    return f"{field.fill_rate:.0%}" if field.fill_rate is not None else "-"


def _count(count: int | None, at_least: bool) -> str:
    return "" if count is None else f"{count:,}{' or more' if at_least else ''}"


def _records(count: int | None, at_least: bool) -> str:
    return "records not counted" if count is None else f"{_count(count, at_least)} record{'' if count == 1 else 's'}"


def _show_links(links: Sequence[LinkType]) -> None:
    if links:
        named = [f"{one.name} → {one.to_object}{' (one)' if one.single else ''}" for one in links]
        console.print("Links: " + ", ".join(named), markup=False)


def _pipeline(line: Pipeline) -> str:
    return f"Pipeline {line.label}: " + " > ".join(stage.label for stage in line.stages)


def _show_limits(allowances: Sequence[Allowance]) -> None:
    for one in allowances:
        limit = f"{one.limit:,.0f}" if one.limit is not None else "an unknown number of"
        left = f"{one.remaining:,.0f} of " if one.remaining is not None else ""
        console.print(f"{one.name}: {left}{limit} {one.unit}{' left' if left else ''}", markup=False)


def _show_blind(blind: Sequence[Blindness], complete: bool) -> None:
    """What stops a migration first; the rest is cut to a few."""
    ordered = sorted(blind, key=lambda one: not one.blocks)
    shown = ordered if complete else ordered[: max(SHOWN_BLIND, sum(one.blocks for one in ordered))]
    for one in shown:
        mark = "[red]✗[/]" if one.blocks else "[yellow]![/]"
        console.print(mark, f"{one.subject}: {one.message} {one.cure}".rstrip().replace("[", r"\["))
    if len(shown) < len(ordered):
        console.print(f"{len(ordered) - len(shown)} more of these: --all shows them.")
