"""Verify: source read anew, target read back and ledger are held against each other. Product code on the host; it only reads.

What was sent (the journal keeps it) is compared with what the target gives back after the target's own normalisation, never through the
decoding that made it. The journal is untrusted: where it and the ledger disagree, that is a finding, and the ledger wins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.engine.decide import Normalisers, normalisers_for
from sdrbot_skills.engine.evidence import Ledger
from sdrbot_skills.engine.findings import Severity
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.engine.twins import find_twins
from sdrbot_skills.engine.undo_look import changed_after
from sdrbot_skills.engine.verdict import Verdict
from sdrbot_skills.engine.verified_links import check_links
from sdrbot_skills.engine.work import ObjectWork, spell_out
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.records import Record
from sdrbot_skills.model.results import VerifyResult

EDITED = "The target holds another value than was sent, and the record was changed after the run's last write of it: by somebody there, or by a later run."
_DONE = (
    "SELECT r.source_id, r.decision, r.target_id, p.body FROM records r LEFT JOIN payloads p ON p.seq = r.seq "
    "WHERE r.object=? AND r.state='done' ORDER BY r.source_id"
)


def verify(
    plan: Plan,
    source: Crm,
    target: Crm,
    journal_path: Path,
    ledger: Ledger,
    *,
    scope: Path | None = None,
    only: Mapping[str, Collection[str]] | None = None,
) -> VerifyResult:
    """Reconcile a run. `scope`: the sealed journal of the dry run; with it, a record that the journal never mentions is lost for certain.
    `only`: per object the source ids that a retry was about.

    At most 1,000 differences are listed; all are counted. Raises what reading a CRM raises, and `Paused` for a spent allowance.
    """
    verdict = Verdict()
    with JournalReader(journal_path) as journal:
        check = _Check(source, target, journal, ledger, verdict, scope, only)
        objects = spell_out(plan, source, target)
        for work in objects.values():
            check.records(work, plan.key_prefix)
        for work in objects.values():
            check_links(work, target, journal, verdict, check.patience)
    return verdict.result(list(objects))


class _Check:
    def __init__(
        self,
        source: Crm,
        target: Crm,
        journal: JournalReader,
        ledger: Ledger,
        verdict: Verdict,
        scope: Path | None,
        only: Mapping[str, Collection[str]] | None,
    ) -> None:
        self.patience = Patience()
        self._source, self._target = source, target
        self._journal, self._ledger, self._verdict = journal, ledger, verdict
        self._scope = scope
        self._only = only

    def records(self, work: ObjectWork, key_prefix: str) -> None:
        """Everything about one object but its links."""
        self._source_anew(work)
        if self._scope is not None:
            self._all_of_scope(work, self._scope)
        self._target_back(work)
        self._ledger_agrees(work)
        find_twins(work, self._target, self._journal, self._verdict, self.patience, key_prefix)

    # -- source anew -----------------------------------------------------------------------------------------------------

    def _source_anew(self, work: ObjectWork) -> None:
        """Every record the source has is in the journal, or came after the run had read the source."""
        newest = self._journal.rows("SELECT max(version) FROM records WHERE object=?", (work.name,))[0][0] or ""
        asked = None if self._only is None else frozenset(self._only.get(work.name, ()))
        cursor: str | None = None
        while True:
            start = cursor
            page = self.patience.call(lambda: self._source.read(work.plan.source, work.reads[:1], work.where, start))  # noqa: B023 - called at once
            versions = {record.id: record.modified for record in page.records if asked is None or record.id in asked}
            sql = "SELECT source_id, version FROM records WHERE object=? AND source_id IN"
            known = dict(self._journal.among(sql, work.name, list(versions)))
            for source_id, version in versions.items():
                if source_id in known:
                    self._same_version(work, source_id, known[source_id], version)
                else:
                    self._unknown(work, source_id, late=version is not None and version > newest)
            cursor = page.cursor
            if cursor is None:
                return

    def _same_version(self, work: ObjectWork, source_id: str, carried: str | None, now: str | None) -> None:
        if now and carried and now != carried:
            self._verdict.note("changed_since", "info", work, "Changed on the source after it was read.", source_id)

    def _unknown(self, work: ObjectWork, source_id: str, *, late: bool) -> None:
        """A source record that the journal does not have. `late`: it is younger than all that was read."""
        if late:
            words = "Came to the source after the run; a later run takes it."
            self._verdict.note("came_since", "info", work, words, source_id)
        else:
            words = "The run never dealt with this source record."
            self._verdict.differs("lost", work, words, source_id=source_id)

    def _all_of_scope(self, work: ObjectWork, scope: Path) -> None:
        sql = "SELECT source_id FROM records WHERE object=? AND source_id IN"
        message = "The dry run saw this source record; the run's journal does not mention it."
        with JournalReader(scope) as sealed:
            for rows in sealed.stream("SELECT source_id FROM records WHERE object=? ORDER BY seq", (work.name,), 500):
                ids = [row[0] for row in rows]
                known = {row[0] for row in self._journal.among(sql, work.name, ids)}
                for source_id in (one for one in ids if one not in known):
                    self._verdict.differs("lost", work, message, source_id=source_id)

    # -- target back -----------------------------------------------------------------------------------------------------

    def _target_back(self, work: ObjectWork) -> None:
        normal = normalisers_for(self._target.codec, work.target)
        size = self._target.capabilities.get_batch
        touched = self._ledger.touched(work.plan.target)
        for rows in self._journal.stream(_DONE, (work.name,), size):
            fields = self._names(rows)
            ids = list(dict.fromkeys(row[2] for row in rows))
            records = self.patience.call(lambda: self._target.get(work.plan.target, ids, fields))  # noqa: B023 - called at once
            there = {record.id: record for record in records}
            for source_id, _, target_id, payload in rows:
                self._verdict.checked(work)
                if target_id not in there:
                    message = "The record is not on the target."
                    self._verdict.differs("lost", work, message, source_id=source_id, target_id=target_id)
                elif payload:
                    self._compare(work, normal, source_id, there[target_id], orjson.loads(payload), touched)

    def _names(self, rows: Sequence[tuple[Any, ...]]) -> list[str]:
        return sorted({name for row in rows if row[3] for name in orjson.loads(row[3])})

    def _compare(
        self,
        work: ObjectWork,
        normal: Normalisers,
        source_id: str,
        there: Record,
        sent: dict[str, object],
        touched: Mapping[str, float],
    ) -> None:
        wrong = [name for name, value in sent.items() if normal[name](value) != normal[name](there.values.get(name))]
        if not wrong:
            return
        since = changed_after(there, touched.get(there.id)) is not None
        message = EDITED if since else "The target holds another value than was sent."
        for name in wrong:
            self._verdict.differs("mismatched", work, message, source_id=source_id, target_id=there.id, field=name)

    # -- ledger ----------------------------------------------------------------------------------------------------------

    def _ledger_agrees(self, work: ObjectWork) -> None:
        created = set(self._ledger.created_ids(work.plan.target))
        journalled = self._journalled()
        for target_id in sorted(created - journalled):
            message = "The ledger shows that the run made this record; its journal does not mention it."
            self._verdict.differs("unexpected", work, message, target_id=target_id)
        sql = "SELECT target_id, source_id FROM records WHERE object=? AND decision='create' AND state='done' ORDER BY source_id"
        doubtful = bool(self._ledger.in_doubt())
        for rows in self._journal.stream(sql, (work.name,), 1000):
            for target_id, source_id in rows:
                if target_id not in created:
                    message = "The journal says that the run made this record; the ledger has no answer that says so."
                    severity: Severity = "info" if doubtful else "problem"
                    self._verdict.note("not_in_ledger", severity, work, message, source_id)

    def _journalled(self) -> set[str]:
        """All target ids in the journal; several objects of the plan may share one object of the target."""
        found: set[str] = set()
        for rows in self._journal.stream("SELECT target_id FROM records WHERE target_id IS NOT NULL", (), 1000):
            found.update(row[0] for row in rows)
        return found
