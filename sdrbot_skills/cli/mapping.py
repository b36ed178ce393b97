"""`plan`, `answer`, `check`, `render`, `schema`: from two accounts to a plan that can be run."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from sdrbot_skills import planning
from sdrbot_skills.cli.output import console, errors, print_json, table
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.schema import Blindness
from sdrbot_skills.planning import ObjectGaps
from sdrbot_skills.runs import answering, binding, brokers, proposing
from sdrbot_skills.script.from_script import plan_from_script
from sdrbot_skills.script.render import render as render_script
from sdrbot_skills.script.render import render_again

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
PlanFile = Annotated[Path, typer.Argument(help="The plan's YAML file.", show_default=False)]

MOST_NAMES = 12


def add_to(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command()(plan)
    app.command()(answer)
    app.command()(check)
    app.command()(render)
    app.command()(workbook)


def plan(
    source: Annotated[str, typer.Option("--from", help="The connection to read from.")] = "",
    target: Annotated[str, typer.Option("--to", help="The connection to write to.")] = "",
    objects: Annotated[
        str, typer.Option(help="companies,contacts,deals; `contacts:leads` makes leads of contacts.")
    ] = "companies,contacts,deals",
    where: Annotated[
        list[str] | None, typer.Option(help="A filter in words: `created this year`, `owner a@b.c`. May be repeated.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the plan goes.")] = Path("plan.yaml"),
    accept_proposals: Annotated[
        bool, typer.Option(help="Take every proposal; what is still in question goes to quarantine.")
    ] = False,
    from_script: Annotated[
        Path | None, typer.Option(help="Take the maps of this edited script over into the plan at --output.")
    ] = None,
    json: Json = False,
) -> None:
    """Propose a plan from both schemas; what is ambiguous comes back as questions."""
    if from_script is not None:
        made = plan_from_script(planning.load_plan(output), from_script.read_text(encoding="utf-8"))
    else:
        if not source or not target:
            raise ConfigurationError("Say where from and where to: `crm-migrate plan --from hubspot --to salesforce`.")
        proposed = proposing.propose(source, target, objects.split(","), where or [])
        _show_blind(proposed.blind, json)
        made = planning.accept_proposals(proposed.plan) if accept_proposals else proposed.plan
        _show_gaps(proposed.gaps, json)
    planning.save_plan(made, output)
    _show(made, output, json)


def answer(
    plan_file: PlanFile,
    answers: Annotated[
        list[str] | None,
        typer.Argument(help="question=answer, one or several; without any the open questions are shown."),
    ] = None,
    accept_proposals: Annotated[
        bool,
        typer.Option(
            "--accept-proposals",
            help="Take every proposal that is still open after these; what has none is quarantined.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Answer questions of a plan, or show which are open."""
    made = planning.load_plan(plan_file)
    for entry in answers or []:
        question, found, text = entry.partition("=")
        if not found:
            raise ConfigurationError(
                f"An answer is written QUESTION=CHOICE, and {entry!r} has no equals sign. Nothing was answered; "
                "`crm-migrate answer PLAN` without answers shows which questions are open."
            )
        made = answering.answer(made, question, text)
    if accept_proposals:
        made = planning.accept_proposals(made)
    if answers or accept_proposals:
        planning.save_plan(made, plan_file)
    _say(made, plan_file, json)


def check(plan_file: PlanFile, json: Json = False) -> None:
    """Check a plan against both accounts as they are now. Ends with 2 and names every problem where it cannot be run."""
    made = planning.load_plan(plan_file)
    with brokers.reading(made.source.connection, made.target.connection) as (ours, theirs):
        schemas = binding.plan_schemas(made, ours, theirs)
        planning.check(made, *schemas, *binding.plan_links(made, ours, theirs))
    if json:
        print_json({"ok": True, "sha256": made.digest(), "questions": made.open_questions()})
    else:
        console.print(f"The plan can be run. Open questions: {len(made.open_questions())}.")
        missing = bool(planning.pending_changes(made, schemas[1]))
        console.print(_next(made, plan_file, fields_missing=missing), markup=False, soft_wrap=True)


def render(
    plan_file: PlanFile,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the script goes; standard output otherwise.")
    ] = None,
) -> None:
    """Render the migration script; rendering again keeps the `transform_...` functions you edited."""
    made = planning.load_plan(plan_file)
    if output is None:
        sys.stdout.write(render_script(made))
        return
    made_again = render_again(made, output.read_text(encoding="utf-8")) if output.exists() else None
    output.write_text(made_again.text if made_again else render_script(made), encoding="utf-8")
    for warning in made_again.warnings if made_again else ():
        console.print(f"[yellow]![/] {warning}")
    console.print(
        f"Written to {output}. Edit its `transform_...` functions, then `crm-migrate dry-run {plan_file} --script {output}`."
    )


def workbook(
    plan_file: PlanFile,
    path: Annotated[Path, typer.Argument(help="A .xlsx or .csv file.", show_default=False)],
    take_over: Annotated[bool, typer.Option("--take-over", help="Read the answered workbook into the plan.")] = False,
    json: Json = False,
) -> None:
    """Write the mapping of a plan as a workbook for others to answer (an .xlsx with the value maps on a second sheet), or take an answered one over."""
    made = planning.load_plan(plan_file)
    if take_over:
        answered = planning.read_workbook(made, path)
        planning.save_plan(answered, plan_file)
        if json:
            print_json({"plan": str(plan_file), "sha256": answered.digest(), "questions": answered.open_questions()})
            return
        console.print(
            f"{plan_file} now says what {path} says. `crm-migrate check {plan_file}` says whether it can be run.",
            markup=False,
        )
        return
    with brokers.reading(made.source.connection, made.target.connection) as (ours, theirs):
        schemas = binding.plan_schemas(made, ours, theirs)
        fill = {name: planning.fill_rates(ours, schema) for name, schema in schemas[0].items()}
    rows = planning.write_workbook(made, path, *schemas, fill=fill)
    if json:
        print_json({"workbook": str(path), "rows": rows})
        return
    console.print(
        f"{rows} rows in {path}. Answered: `crm-migrate workbook {plan_file} {path} --take-over`.", markup=False
    )


def _show_blind(blind: dict[str, tuple[Blindness, ...]], json: bool) -> None:
    """What the credentials cannot see or write, before anything is planned on it; on standard error, so that JSON stays JSON."""
    for connection, found in blind.items():
        for one in found:
            line = f"{connection}: {one.subject}: {one.message} {one.cure}"
            (errors if json else console).print(f"! {line}", markup=False)


def _show_gaps(found: list[ObjectGaps], json: bool) -> None:
    if json:
        return
    for entry in found:
        reasons: dict[str, list[str]] = {}
        for line in (*entry.unused, *entry.cannot_hold):
            reasons.setdefault(line.text, []).append(line.label)
        for reason, labels in reasons.items():
            names = ", ".join(labels[:MOST_NAMES])
            more = f" and {len(labels) - MOST_NAMES} more" if len(labels) > MOST_NAMES else ""
            console.print(f"{entry.object}: {reason}: {names}{more}", markup=False)


def _show(made: Plan, path: Path, json: bool) -> None:
    for name, entry in made.objects.items() if not json else ():
        rows = [[", ".join(mapping.source) or "-", mapping.target, mapping.reason or ""] for mapping in entry.fields]
        table(f"{name}: {entry.source} → {entry.target}", ["from", "to", "why"], rows)
    _say(made, path, json)


def _say(made: Plan, path: Path, json: bool) -> None:
    """What is still in question, with what is proposed, and what to type next."""
    questions = made.open_questions()
    if json:
        mapped = {name: len(entry.fields) for name, entry in made.objects.items()}
        print_json({"plan": str(path), "sha256": made.digest(), "mapped": mapped, "questions": questions})
        return
    for question in questions:
        console.print(f"? {question.id}: {question.text}", markup=False)
        for choice, meaning in question.choices.items():
            console.print(f"    {choice}: {meaning}", markup=False)
        if question.suggestion:
            console.print(f"    proposed: {question.suggestion}", markup=False)
    if made.schema_changes:
        names = ", ".join(f"{change.object}.{change.field.name}" for change in made.schema_changes[:MOST_NAMES])
        more = f" and {len(made.schema_changes) - MOST_NAMES} more" if len(made.schema_changes) > MOST_NAMES else ""
        console.print(
            f"The plan wants fields on the target that were not there when it was made: {names}{more}.", markup=False
        )
    count = f"{len(questions)} question{' is' if len(questions) == 1 else 's are'} open."
    console.print(f"\nThe plan is in {path}.", count if questions else "Nothing is in question.", markup=False)
    console.print(_next(made, path), markup=False, soft_wrap=True)


def _next(made: Plan, path: Path, fields_missing: bool | None = None) -> str:
    """The command that leads on from a plan; what is not answered would be seen as quarantined or empty in the dry run. `fields_missing`: whether
    fields that the plan makes are not on the target yet, where it was looked at."""
    questions = made.open_questions()
    if questions:
        proposed = questions[0].suggestion or "ANSWER"
        first = shlex.quote(f"{questions[0].id}={proposed}")
        return f"Next: `crm-migrate answer {path} {first}`; several answers may stand in one command; `--accept-proposals` takes the rest as proposed."
    if made.schema_changes and fields_missing is not False:
        fields = (
            "the fields the plan makes"
            if fields_missing
            else "the fields the plan makes, unless they are there already"
        )
        return (
            f"Next: `crm-migrate setup --privileged {made.target.connection}`, then `crm-migrate schema {path}` for {fields} "
            f"(`crm-migrate schema {path} --decline` goes on without them); then `crm-migrate dry-run {path}`."
        )
    return f"Next: `crm-migrate dry-run {path}`."
