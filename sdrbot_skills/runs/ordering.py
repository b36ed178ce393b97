"""Whether a run goes object by object or by cohorts: as its plan says, else by how long it is forecast to take."""

from __future__ import annotations

from sdrbot_skills.crm.registry import capabilities
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.preparing import sealed_plan

BY_COHORTS = (
    "The run goes by cohorts (companies, their people and their deals together), so that what has landed is of use while the rest waits; "
    "`limits.order: objects` in the plan chooses otherwise."
)


def by_cohorts(plan: Plan, calendar_days: float) -> bool:
    """The plan's choice; `auto` means cohorts for a run of more than a day with more than one object, of a source that is as cheaply read so."""
    if len(plan.objects) < 2:
        return False
    return plan.limits.order == "cohorts" or (
        plan.limits.order == "auto" and calendar_days > 1 and _reads_by_id(plan.source.crm)
    )


def _reads_by_id(crm: str) -> bool:
    """Whether reading records by their ids, as cohorts are read, costs about as many calls as listing them."""
    sizes = capabilities(crm)
    return 2 * sizes.get_batch >= sizes.page_size


def goes_by_cohorts(run: RunDirectory) -> bool:
    """Whether the live run of a rehearsed run goes by cohorts. A retry and a delta go object by object."""
    if run.read_json("sealed", "only.json") is not None or not run.plan_path.exists():
        return False
    forecast = (run.read_json("trusted", "dry.json") or {}).get("forecast") or {"calendar_days": 0.0}
    return by_cohorts(sealed_plan(run), float(forecast["calendar_days"]))
