"""The contract every CRM adapter fulfils. Small, synchronous, safe to call from several threads, batch-shaped.

Errors (`sdrbot_skills.errors`): any call may raise `Retriable`, `RateLimited`, `ReauthenticateNeeded`, `Refused` (the broker said no) or
`ConfigurationError` (unreachable). A write that was sent without an answer raises `OutcomeUnknown`; a batch the vendor refused as a whole
without naming the row raises `BatchRejected`; nothing of it was carried out then. What concerns one row never raises: it is a `RowResult`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

from sdrbot_skills.crm.capabilities import Capabilities
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.records import (
    BulkJob,
    Condition,
    JobState,
    Link,
    Operation,
    Page,
    Record,
    Row,
    RowResult,
)
from sdrbot_skills.model.schema import (
    Account,
    Field,
    LinkType,
    ObjectSchema,
    ObjectSummary,
    Option,
    Pipeline,
    Preflight,
    User,
)

Decode = Callable[[Mapping[str, Any]], Any]
"""From a record's vendor values to the canonical value of one field (`None`: no value). Raises `ValueError` for what the vendor should never send."""

Encode = Callable[[Any, dict[str, Any]], None]
"""Puts one canonical value (never called with an absent one; `None` clears the field) into a vendor payload, under one or several API names."""

Normalise = Callable[[Any], Any]
"""A vendor value as this vendor gives it back after storing it (trimmed, lower-cased, `None` for empty), for comparing sent with read."""


JOB_CURSOR = "job:"
"""How the cursor of a page begins that `read_by_job` gave."""


SchemaAction = Literal["create", "delete", "add_options"]


class SchemaWrite(NamedTuple):
    """One request of a schema change: method, path and, where the body carries one, the name of what is changed."""

    method: str
    path: str
    name: str | None


class Codec(ABC):
    """How one CRM spells canonical values. Compiled once per field into plain functions.

    An encoder may rely on the value fitting the field (length, options, capacity, precision): that is checked before it is called.
    """

    @abstractmethod
    def reads(self, field: Field) -> tuple[str, ...]:
        """The vendor field names `decoder` needs in a record's values (usually the field's own name; money needs its currency too)."""

    @abstractmethod
    def decoder(self, field: Field) -> Decode:
        """The function that reads this field."""

    @abstractmethod
    def encoder(self, field: Field) -> Encode:
        """The function that writes this field."""

    @abstractmethod
    def normaliser(self, field: Field) -> Normalise:
        """The function that makes sent and read-back vendor values of this field comparable; it does not decode."""


class Crm(ABC):
    """One account of one CRM. Objects and fields are named by the vendor's API names throughout."""

    crm: ClassVar[str]
    capabilities: Capabilities
    codec: Codec
    client: Any
    """This CRM's own client, for the admin tools of its folder (`crm.admintools`)."""

    # -- what is there ------------------------------------------------------------------------------------------------

    @abstractmethod
    def account(self) -> Account:
        """Who answers, and in which environment."""

    @abstractmethod
    def objects(self) -> list[ObjectSummary]:
        """The objects this credential sees."""

    @abstractmethod
    def describe(self, object_name: str) -> ObjectSchema:
        """All fields of one object this credential sees. Raises `ConfigurationError` naming the object if there is none."""

    @abstractmethod
    def link_types(self, object_name: str) -> list[LinkType]:
        """The ways in which this object's records point at others."""

    def named_link_types(self, object_name: str, names: Collection[str]) -> list[LinkType]:
        """Those of them that have these names, by no more calls than these need; one that is not there is left out."""
        return [one for one in self.link_types(object_name) if one.name in names]

    @abstractmethod
    def users(self) -> list[User]:
        """All users, deactivated ones included."""

    @abstractmethod
    def pipelines(self, object_name: str) -> list[Pipeline]:
        """Pipelines with stages; an empty list for an object without."""

    @abstractmethod
    def count(self, object_name: str, where: Sequence[Condition] = ()) -> int:
        """How many records this credential sees."""

    @abstractmethod
    def preflight(self, object_names: Sequence[str]) -> Preflight:
        """What this credential cannot see or write of these objects, and the limits left."""

    # -- reading ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Page:
        """One page in an order that does not change when records are added or edited meanwhile.

        `cursor` is what the page before gave; a new process can go on with it. `links`: also the links of these types that the page's records have, complete.
        """

    @abstractmethod
    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """The records of these ids; missing and deleted ones are left out. At most `capabilities.get_batch` ids."""

    @abstractmethod
    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """Records whose `field` equals one of `values` (as the CRM compares: usually without case). At most `capabilities.find_batch` values.

        Where the field has alternates (secondary e-mails) these are looked at too. The field itself and its alternates are always among the values returned.
        """

    @abstractmethod
    def links(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        """The links of this type that start at these ids. At most `capabilities.link_read_batch` ids."""

    def edited_after(self, object_name: str, moments: Mapping[str, str]) -> dict[str, bool]:
        """Of records whose stamp of the last change is later than the given instant: whether a field that people can edit was changed after it.

        Only where the CRM tells; ids about which it does not are left out, and the stamp stands.
        """
        return {}

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Iterator[Page]:
        """Every page, streamed from a job; only where `capabilities.bulk_read`. Cursors begin with `JOB_CURSOR`; a new process can go on at one.

        Raises `Unsupported` before the first page where the CRM does not answer this question by a job, and at any page what `read` raises:
        go on at the last page's cursor then.
        """
        raise Unsupported("reading by a job", f"{self.crm} has no such calls")

    # -- writing ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def write(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> list[RowResult]:
        """Write one batch; exactly one result per row, matched by `Row.key`. `key` is the unique field of an upsert, present in every payload.

        Never sends notifications, never assigns by rules, never re-subscribes anybody, where the vendor lets a caller say so.
        """

    @abstractmethod
    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Make links that are not fields; one result per link, its key `"{from_id}>{to_id}"`. At most `capabilities.link_batch`."""

    def link_anew(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """The same for links that nothing can have made before, so that no look at what is there is needed.

        The caller has them on disk as sent: what gets no answer, or is put off, goes by `link` from then on.
        """
        return self.link(link_type, links)

    @abstractmethod
    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Take links away again (for undo); one result per link, same keys."""

    @abstractmethod
    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        """Delete records (into the vendor's recycle bin, where it has one); one result per id, its key the id."""

    # -- writing many rows by a job; only where `capabilities.bulk_write` -------------------------------------------------

    def job_takes(self, row: Row) -> bool:
        """Whether a job can carry this row; one that it cannot is written by `write`."""
        raise self._without_jobs()

    def open_job(self, object_name: str, columns: Sequence[str], key: str) -> BulkJob:
        """Make a job that upserts by the unique field `key`. Until it is started it has no effect, so that it can be forgotten at any time.

        Where the CRM names a job only when it has taken it, this is no call, and the job has no id yet.
        """
        raise self._without_jobs()

    def open_link_job(self, link_type: LinkType) -> BulkJob:
        """Make a job that makes links of a type among `capabilities.job_links`; its two columns hold the ids of the start and of the other end.

        The key of each result is that of `link`. Links that are there already are made once more: it is the caller's to know that there are none.
        Starting such a job always says whether it is at work.
        """
        raise self._without_jobs()

    def upload(self, job: BulkJob, rows: Iterable[Row]) -> BulkJob:
        """Stream the rows into a job, once; the job as it is known from then on. A failed upload is answered by opening another job."""
        raise self._without_jobs()

    def start_job(self, job: BulkJob) -> BulkJob:
        """Let the CRM work on what was uploaded; the job as it is known from then on. May be repeated, also by a new process: it starts once.

        Raises `OutcomeUnknown` where it was sent and nobody can tell what became of it: then the CRM may be working on the rows, and is never asked
        to again. Raises `BatchRejected` where the CRM does not take the job: nothing of it is carried out.
        """
        raise self._without_jobs()

    def job_state(self, job: BulkJob) -> JobState:
        """How far a started job is."""
        raise self._without_jobs()

    def job_results(self, job: BulkJob) -> Iterator[RowResult]:
        """The result of every row of an ended job, streamed, in any order; `RowResult.key` is the row's value of `job.key`.

        A row that is not among them is in doubt. May be repeated, also by a new process.
        """
        raise self._without_jobs()

    def _without_jobs(self) -> Unsupported:
        return Unsupported("writing by a job", f"{self.crm} has no such calls")

    # -- opt-outs that are not a field ---------------------------------------------------------------------------------

    def opt_out(self, object_name: str, rows: Sequence[Row]) -> list[RowResult]:
        """Record that these people have opted out, where that is not an ordinary field; each payload holds `email`. Only ever opts out."""
        raise Unsupported("recording an opt-out by a separate call", f"{self.crm} keeps opt-outs in ordinary fields")

    # -- for people ---------------------------------------------------------------------------------------------------

    @abstractmethod
    def deep_link(self, object_name: str, record_id: str) -> str:
        """The address of the record's page in the vendor's web application."""

    # -- schema changes -----------------------------------------------------------------------------------------------

    @abstractmethod
    def create_field(self, object_name: str, field: Field) -> Field:
        """Make a custom field so that this credential and the vendor's users can see it, and return it as described afterwards.

        A field of that name and kind already there is returned as it is; one of another kind raises `ConfigurationError`.
        """

    @abstractmethod
    def schema_writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        """Every request a change of one field may send, so that an approval can list exactly these and the broker let nothing else through."""

    @abstractmethod
    def delete_field(self, object_name: str, field_name: str) -> None:
        """Remove a custom field; nothing happens if there is none."""

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        """Add options to a choice field, keeping those it has."""
        raise Unsupported(f"adding options to {object_name}.{field_name}", f"{self.crm} does not let a program do that")
