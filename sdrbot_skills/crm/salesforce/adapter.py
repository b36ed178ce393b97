"""Salesforce as a CRM: the contract of `crm.base`, each call handed to the room that knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.rooms import RoomedCrm
from sdrbot_skills.crm.salesforce import bulk, bulk_csv
from sdrbot_skills.crm.salesforce.admin import Admin
from sdrbot_skills.crm.salesforce.capabilities import CAPABILITIES
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.codec import SalesforceCodec
from sdrbot_skills.crm.salesforce.links import ROLE_ENDS, Links
from sdrbot_skills.crm.salesforce.preflight import Check
from sdrbot_skills.crm.salesforce.records import Records
from sdrbot_skills.crm.salesforce.schema import Schema
from sdrbot_skills.crm.salesforce.writing import Writing
from sdrbot_skills.model.records import BulkJob, Condition, JobState, Operation, Page, Row, RowResult
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.transport.connection import Connection


class Adapter(RoomedCrm):
    """One Salesforce organisation."""

    crm = "salesforce"

    def __init__(self, connection: Connection) -> None:
        self.capabilities = CAPABILITIES
        self.codec = SalesforceCodec()
        self.client: SalesforceClient = SalesforceClient(connection)
        self._schema = Schema(self.client)
        self._writing = Writing(self.client)
        self._links = Links(self.client, self._schema, self._writing)
        self._records: Records = Records(self.client, self._schema, self._links)
        self._admin = Admin(self.client, self._schema)
        self._check = Check(self.client)
        self._told: dict[str, dict[str, Any]] = {}

    @property
    def sdk(self) -> Any:
        """The vendor's own client, on the same socket."""
        return self.client.sdk

    def edited_after(self, object_name: str, moments: Mapping[str, str]) -> dict[str, bool]:
        return self._records.edited_after(object_name, moments)

    # -- jobs ---------------------------------------------------------------------------------------------------------

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Iterator[Page]:
        return self._records.read_by_job(object_name, fields, where, cursor, links)

    def job_takes(self, row: Row) -> bool:
        return bulk_csv.fits(row)

    def open_job(self, object_name: str, columns: Sequence[str], key: str) -> BulkJob:
        job = bulk.open_ingest(self.client, object_name, Operation.UPSERT, columns, key)
        return BulkJob(job.id, object_name, job.columns, key)

    def open_link_job(self, link_type: LinkType) -> BulkJob:
        told_by = bulk.BETWEEN.join(ROLE_ENDS)
        job = bulk.open_ingest(self.client, link_type.name, Operation.CREATE, ROLE_ENDS, told_by)
        return BulkJob(job.id, link_type.name, job.columns, told_by)

    def upload(self, job: BulkJob, rows: Iterable[Row]) -> BulkJob:
        bulk.upload(self.client, _ingest(job), rows)
        return job

    def start_job(self, job: BulkJob) -> BulkJob:
        bulk.close(self.client, _ingest(job))
        return job

    def job_state(self, job: BulkJob) -> JobState:
        self._told[job.id] = bulk.look(self.client, _ingest(job))
        return bulk.state(self._told[job.id])

    def job_results(self, job: BulkJob) -> Iterator[RowResult]:
        return bulk.results(self.client, _ingest(job), self._told.get(job.id))


def _ingest(job: BulkJob) -> bulk.Ingest:
    return bulk.Ingest(job.id, Operation.UPSERT, job.columns, job.key)
