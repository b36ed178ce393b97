"""Planning: what goes where, proposed with reasons, checked, and forecast."""

from sdrbot_skills.planning.answers import accept_proposals, answer
from sdrbot_skills.planning.check import check, problems
from sdrbot_skills.planning.discover import (
    ConnectionOverview,
    FieldOverview,
    ObjectOverview,
    discover_connection,
    discover_object,
)
from sdrbot_skills.planning.edits import edit, is_edit
from sdrbot_skills.planning.filters import parse_filter
from sdrbot_skills.planning.forecast import forecast
from sdrbot_skills.planning.gaps import GapLine, ObjectGaps, gaps
from sdrbot_skills.planning.newfields import pending_changes, without_schema_changes
from sdrbot_skills.planning.planfile import load_plan, save_plan
from sdrbot_skills.planning.propose import propose
from sdrbot_skills.planning.survey import fill_rates
from sdrbot_skills.planning.touched import differences, touched_schema
from sdrbot_skills.planning.workbook import read_workbook, write_workbook

__all__ = [
    "ConnectionOverview",
    "FieldOverview",
    "GapLine",
    "ObjectGaps",
    "ObjectOverview",
    "accept_proposals",
    "answer",
    "check",
    "differences",
    "discover_connection",
    "discover_object",
    "edit",
    "fill_rates",
    "forecast",
    "gaps",
    "is_edit",
    "load_plan",
    "parse_filter",
    "pending_changes",
    "problems",
    "propose",
    "read_workbook",
    "save_plan",
    "touched_schema",
    "without_schema_changes",
    "write_workbook",
]
