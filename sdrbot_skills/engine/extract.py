"""Reading the source, one page ahead of what is being worked on; and reading the whole of an object by the way that takes the fewest calls."""

from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sdrbot_skills.crm.base import JOB_CURSOR, Crm
from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.crm.capabilities import reads_by_job
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.errors import MigrationError, Unsupported
from sdrbot_skills.model.records import Condition, Link, Page
from sdrbot_skills.model.schema import LinkType

PAGES_AHEAD = 2


def pages(context: Context, work: ObjectWork, cursor: str | None) -> Iterator[Page]:
    """The source's pages from `cursor` on, or the records that the run is limited to; read in a thread of their own."""
    wanted = None if context.only is None else context.only.get(work.name, [])
    reading = _all_pages(context, work, cursor) if wanted is None else chosen(context, work, wanted)
    return _ahead(context, reading)


def _all_pages(context: Context, work: ObjectWork, cursor: str | None) -> Iterator[Page]:
    reading = Reading(work.plan.source, work.reads, work.where, work.source_link_types)
    return whole(context, context.source, reading, lambda: to_read(context, work), cursor)


def to_read(context: Context, work: ObjectWork) -> int:
    """How many records of the source there are to read: those chosen, else what the dry run saw, else what the vendor counts."""
    if context.only is not None:
        return len(context.only.get(work.name, ()))
    if context.scope is not None:
        return context.scope.count(work.name)
    return context.patience.call(lambda: context.source.count(work.plan.source, work.where))


class Reading(NamedTuple):
    """What is read of every record of an object."""

    object_name: str
    fields: Sequence[str]
    where: Sequence[Condition] = ()
    links: Sequence[LinkType] = ()


def whole(
    context: Context, crm: Crm, wanted: Reading, expected: Callable[[], int], cursor: str | None = None
) -> Iterator[Page]:
    """All pages of an object from `cursor` on: by a job where the `expected` number of records is worth one, else by calls."""
    if _goes_by_job(context, crm, cursor, expected):
        try:
            yield from _by_job(context, crm, wanted, cursor)
            return
        except Unsupported:  # said before the first page; what an earlier process has read is told apart by its ids
            cursor = None
    yield from _by_calls(context, crm, wanted, cursor)


def _goes_by_job(context: Context, crm: Crm, cursor: str | None, expected: Callable[[], int]) -> bool:
    if cursor is not None or crm.capabilities.bulk_read is None:
        return cursor is not None and cursor.startswith(JOB_CURSOR)
    return reads_by_job(crm.capabilities, context.plan.limits.lane, expected())


def _by_calls(context: Context, crm: Crm, wanted: Reading, cursor: str | None) -> Iterator[Page]:
    name, fields, where, links = wanted
    while True:
        start = cursor
        page = context.patience.call(lambda: crm.read(name, fields, where, start, links))  # noqa: B023 - called at once
        yield page
        cursor = page.cursor
        if cursor is None:
            return


def _by_job(context: Context, crm: Crm, wanted: Reading, cursor: str | None) -> Iterator[Page]:
    """The stream of a job, taken up at the last page where it broke off."""
    name, fields, where, links = wanted
    stream: Iterator[Page] | None = None

    def following() -> Page | None:
        nonlocal stream
        if stream is None:
            stream = crm.read_by_job(name, fields, where, cursor, links)
        try:
            return next(stream, None)
        except MigrationError:
            stream = None
            raise

    while (page := context.patience.call(following)) is not None:
        yield page
        cursor = page.cursor


def chosen(context: Context, work: ObjectWork, ids: list[str]) -> Iterator[Page]:
    """The records of these ids, as far as they are there, with their links."""
    for part in chunks(ids, context.source.capabilities.get_batch):
        records = context.patience.call(lambda: context.source.get(work.plan.source, part, work.reads))  # noqa: B023 - called at once
        yield Page(records, _links_of(context, work, [record.id for record in records]), None)


def _links_of(context: Context, work: ObjectWork, ids: list[str]) -> list[Link]:
    found: list[Link] = []
    for link_type in work.source_link_types:
        for part in chunks(ids, context.source.capabilities.link_read_batch):
            found += context.patience.call(lambda: context.source.links(link_type, part))  # noqa: B023 - called at once
    return found


def _ahead(context: Context, reading: Iterator[Page]) -> Iterator[Page]:
    """The same pages, fetched by another thread while this one works."""
    ready: queue.Queue[Page | BaseException | None] = queue.Queue(PAGES_AHEAD)
    given_up = threading.Event()

    def fetch() -> None:
        last: BaseException | None = None
        try:
            for page in reading:
                if not _put(ready, page, given_up):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that works on the pages
            last = error
        _put(ready, last, given_up)

    thread = threading.Thread(target=fetch, name="extract", daemon=True)
    thread.start()
    try:
        while (page := ready.get()) is not None:
            if isinstance(page, BaseException):
                raise page
            context.go_on()
            yield page
    finally:
        given_up.set()
        thread.join()


def _put(
    ready: queue.Queue[Page | BaseException | None], item: Page | BaseException | None, given_up: threading.Event
) -> bool:
    while not given_up.is_set():
        try:
            ready.put(item, timeout=0.2)
        except queue.Full:
            continue
        return True
    return False


def links_by_record(links: list[Link]) -> dict[str, list[Link]]:
    """A page's links by the record they start at."""
    grouped: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        grouped[link.from_id].append(link)
    return grouped
