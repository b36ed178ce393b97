"""Opt-outs: carried as opt-outs, never lost in a merge, never taken back.

A target that keeps opt-outs in an ordinary field gets them in the payload. One that does not (`capabilities.opt_out_fields`) is told by
`Crm.opt_out` for each e-mail address, once the record is there. Only ever opts out, so a call may be repeated.
"""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.engine.candidate import Candidate
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.keys import key_values
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.errors import OutcomeUnknown
from sdrbot_skills.model.records import Outcome, Row
from sdrbot_skills.model.values import Kind


def opt_out_spellings(context: Context, work: ObjectWork) -> dict[str, Any]:
    """How the target spells an opt-out in each of the plan's consent fields that are ordinary ones."""
    spelled: dict[str, Any] = {}
    for name in work.consents - {work.opt_out_field}:
        context.target.codec.encoder(work.target.by_name[name])(True, spelled)
    return {name: value for name, value in spelled.items() if name in work.consents}


def addresses(candidate: Candidate, work: ObjectWork) -> list[str]:
    """The e-mail addresses of a person, for an opt-out by address."""
    found: list[str] = []
    for name, value in candidate.keys.items():
        if work.target.by_name[name].kind is Kind.EMAILS:
            found += key_values(value, "email")
    return list(dict.fromkeys(found))


def carry_opt_outs(context: Context, work: ObjectWork) -> None:
    """Tell the target of the opt-outs of those records that are there now."""
    if work.opt_out_field is None:
        return
    sql = (
        "SELECT o.source_id, o.email, r.target_id FROM opt_outs o JOIN records r ON r.object = o.object AND r.source_id = o.source_id "
        "WHERE o.object=? AND o.state='planned' AND r.state='done' LIMIT 500"
    )
    while rows := context.journal.rows(sql, (work.name,)):
        for part in chunks(rows, context.target.capabilities.update_batch):
            _tell(
                context,
                work,
                [Row(f"{source_id} {email}", {"email": email}, target_id) for source_id, email, target_id in part],
            )


def _tell(context: Context, work: ObjectWork, rows: list[Row]) -> None:
    for _ in range(3):
        try:
            results = {
                one.key: one for one in context.patience.call(lambda: context.target.opt_out(work.plan.target, rows))
            }
            break
        except OutcomeUnknown:
            results = {}
    settled = []
    for row in rows:
        result = results.get(row.key)
        failed = result is None or result.outcome is Outcome.REJECTED
        if failed:
            message = (
                "The target did not take this person's opt-out. Opt them out by hand before anybody writes to them."
            )
            source_id = row.key.split(" ")[0]
            context.findings.add(
                "opt_out_failed", "problem", work.name, message, field=work.opt_out_field or "", example=source_id
            )
        words = (result.message if result else "no answer") if failed else None
        settled.append(("failed" if failed else "done", words, work.name, *row.key.split(" ", 1)))
    sql = "UPDATE opt_outs SET state=?, message=? WHERE object=? AND source_id=? AND email=?"
    context.journal.write([(sql, settled), *context.findings.statements()])
