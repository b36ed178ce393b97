"""Bulk write through a real broker and the practice Zoho: each row with its result, a start that is sent once, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sdrbot_skills.broker.launch import BrokerHandle, start
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.broker.spec import BrokerSpec, Budget, Writable
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.zohocrm import Adapter, bulk, bulk_write
from sdrbot_skills.crm.zohocrm.capabilities import CAPABILITIES, capabilities_for
from sdrbot_skills.errors import BatchRejected, ConfigurationError, MigrationError, OutcomeUnknown, Refused
from sdrbot_skills.lab.processes import Emulator
from sdrbot_skills.model.records import BulkJob, JobState, Operation, Outcome, Row, RowResult
from sdrbot_skills.transport.connection import find_connection
from tests.crm.zohocrm.conftest import connection
from tests.lab.zoho_org import ZohoOrg

KEY = "Source_Key"
COLUMNS = ("Last_Name", "Email", "Account_Name", "Date_of_Birth", "Email_Opt_Out", KEY)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bulk")


@pytest.fixture(scope="module")
def keyed(emulator: Emulator) -> Iterator[ZohoOrg]:
    """An organisation whose contacts have a migration key."""
    emulator.reset()
    org = ZohoOrg(emulator)
    org.unique("Contacts")
    yield org
    org.http.close()


@pytest.fixture(scope="module")
def spec(keyed: ZohoOrg, trusted: Path) -> BrokerSpec:
    return BrokerSpec(
        purpose="live", connections=(connection(keyed.lab),), trusted_dir=str(trusted), keys={"Contacts": KEY},
        objects=Writable(target=("Contacts",)), budget={"Contacts": Budget(create=1300)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def broker(spec: BrokerSpec) -> Iterator[BrokerHandle]:
    with start(spec) as handle:
        yield handle


@pytest.fixture
def zoho(broker: BrokerHandle) -> Iterator[Adapter]:
    adapter = Adapter(find_connection("zohocrm", str(broker.socket)))
    yield adapter


@pytest.fixture
def book(trusted: Path, broker: BrokerHandle) -> Iterator[Ledger]:
    ledger = Ledger(trusted / "ledger.sqlite", read_only=True)
    yield ledger
    ledger.close()


def rows(prefix: str, number: int, **more: Any) -> list[Row]:
    return [Row(f"{prefix}{one}", {KEY: f"{prefix}{one}", "Last_Name": f"P{one}", **more}) for one in range(number)]


def uploaded(zoho: Adapter, some: list[Row]) -> BulkJob:
    return zoho.upload(zoho.open_job("Contacts", COLUMNS, KEY), some)


def ended(zoho: Adapter, job: BulkJob) -> dict[str, RowResult]:
    while zoho.job_state(job) is JobState.WORKING:
        pass  # each look moves the practice Zoho on
    return {one.key: one for one in zoho.job_results(job)}


def test_many_rows_are_written_each_with_its_result(zoho: Adapter, keyed: ZohoOrg, book: Ledger) -> None:
    account = keyed.make("Accounts", Account_Name="Acme")
    some = rows("a", 1100, Account_Name={"id": account})
    some[3] = Row("a3", {KEY: "a3", "Last_Name": "x" * 81})
    some[4] = Row("a4", {KEY: "a4", "Last_Name": 'One,\n"two"', "Date_of_Birth": "1990-02-28", "Email_Opt_Out": True})
    some[5] = Row("a5", {KEY: "a5", "Last_Name": "Nowhere", "Account_Name": {"id": "99"}})
    job = zoho.start_job(uploaded(zoho, some))
    results = ended(zoho, job)
    bad = {key: (one.rule, one.field) for key, one in results.items() if one.outcome is not Outcome.CREATED}
    assert bad == {"a3": (Rule.INVALID_VALUE, "Last_Name"), "a5": (Rule.INVALID_VALUE, "Account_Name")}
    (record,) = zoho.find("Contacts", KEY, ["a4"], list(COLUMNS))
    assert record.id == results["a4"].id and record.values["Last_Name"] == 'One,\n"two"'
    assert (record.values["Date_of_Birth"], record.values["Email_Opt_Out"]) == ("1990-02-28", True)
    (linked,) = zoho.find("Contacts", KEY, ["a9"], ["Account_Name"])
    assert linked.values["Account_Name"]["id"] == account
    assert len(book.created_ids("Contacts")) == 1098 and book.ids_by_key("Contacts")["a4"] == record.id
    assert book.in_doubt() == []
    assert sorted(one.key for one in zoho.job_results(job)) == sorted(results), "may be read again"


def test_a_job_leaves_a_strangers_record_as_it_is(zoho: Adapter, keyed: ZohoOrg, book: Ledger) -> None:
    """One that holds a row's value in another unique field; a row that is there already is skipped, and looked up by its key."""
    number = keyed.unique("Contacts", "Member No")
    stranger = keyed.make("Contacts", Last_Name="Other", **{number: "M1"})
    there = keyed.make("Contacts", Last_Name="Mine", **{KEY: "s0"})
    before = keyed("GET", f"/Contacts/{stranger}").content
    some = [row._replace(payload={**row.payload, number: f"M{place}"}) for place, row in enumerate(rows("s", 3))]
    job = zoho.upload(zoho.open_job("Contacts", ("Last_Name", number, KEY), KEY), some)
    results = ended(zoho, zoho.start_job(job))
    assert {key: (one.outcome, one.rule, one.field) for key, one in results.items()} == {
        "s1": (Outcome.REJECTED, Rule.DUPLICATE, number),
        "s2": (Outcome.CREATED, None, None),
    }
    (by_call,) = zoho.write("Contacts", Operation.UPSERT, [some[1]], KEY)
    assert (by_call.rule, by_call.field) == (Rule.DUPLICATE, number) and stranger in str(by_call.message)
    assert keyed("GET", f"/Contacts/{stranger}").content == before
    assert not {stranger, there} & {*book.created_ids("Contacts"), *book.updated_ids("Contacts")}


def test_a_start_is_sent_once_however_often_it_is_asked_for(zoho: Adapter, keyed: ZohoOrg, book: Ledger) -> None:
    before = keyed.lab.counters()["credits"]
    file = uploaded(zoho, rows("b", 2))
    assert zoho.start_job(file) == (job := zoho.start_job(file)) != file
    assert {one.outcome for one in ended(zoho, job).values()} == {Outcome.CREATED}
    assert keyed.lab.counters()["credits"] - before < 2 * 500
    assert [len(one.keys) for one in book.sends() if one.keys][-1:] == [2]


def test_a_start_without_an_answer_is_never_sent_again(
    zoho: Adapter, keyed: ZohoOrg, broker: BrokerHandle, book: Ledger
) -> None:
    file = uploaded(zoho, rows("c", 2))
    keyed.lab.fault("reset", when="after_commit", path="/bulk/v8/write$", times=1)
    with pytest.raises(OutcomeUnknown):
        zoho.start_job(file)
    with pytest.raises(OutcomeUnknown):
        zoho.start_job(file)
    keyed.lab.clear_faults()
    assert [one.keys for one in book.in_doubt()] == [("c0", "c1")]
    for _ in range(3):
        found = zoho.find("Contacts", KEY, ["c0", "c1"], [KEY])
    assert len(found) == 2, "the job is at work all the same"


@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
def test_a_broker_killed_at_the_start_knows_that_nobody_knows(
    keyed: ZohoOrg, tmp_path: Path, spec: BrokerSpec, moment: str
) -> None:
    """The next one looks into its ledger before it sends anything."""
    own = spec.model_copy(update={"trusted_dir": str(tmp_path)})
    with start(own) as handle:
        adapter = Adapter(find_connection("zohocrm", str(handle.socket)))
        file = uploaded(adapter, rows(f"k{moment}", 2))
        keyed.lab.fault("kill", when=moment, pid=handle.pid, path="/bulk/v8/write$", times=1)
        with pytest.raises(MigrationError):
            adapter.start_job(file)
    keyed.lab.clear_faults()
    before = keyed.lab.counters()["credits"]
    with start(own) as handle:
        adapter = Adapter(find_connection("zohocrm", str(handle.socket)))
        with pytest.raises(OutcomeUnknown):
            adapter.start_job(file)
    assert keyed.lab.counters()["credits"] - before < 500, "no second job"


def test_a_start_that_was_put_off_or_refused_can_be_sent_again(zoho: Adapter, keyed: ZohoOrg, book: Ledger) -> None:
    file = uploaded(zoho, rows("d", 2))
    keyed.lab.fault("status", status=400, path="/bulk/v8/write$", times=1, body='{"code":"FILE_NOT_SUPPORTED"}')
    with pytest.raises(BatchRejected):
        zoho.start_job(file)
    keyed.lab.clear_faults()
    doubts = len(book.in_doubt())
    assert {one.outcome for one in ended(zoho, zoho.start_job(file)).values()} == {Outcome.CREATED}
    assert len(book.in_doubt()) == doubts


def test_over_the_budget_nothing_is_started(zoho: Adapter, keyed: ZohoOrg) -> None:
    with pytest.raises(Refused) as refused:
        zoho.start_job(uploaded(zoho, rows("e", 300)))
    assert refused.value.code == "budget_exceeded"
    assert zoho.find("Contacts", KEY, ["e1"], []) == []


def test_a_job_that_breaks_off_and_a_result_that_is_gone(zoho: Adapter, keyed: ZohoOrg) -> None:
    keyed.lab.control("bulk", fail_after_records=1)
    job = zoho.start_job(uploaded(zoho, rows("f", 3)))
    results = ended(zoho, job)
    assert zoho.job_state(job) is JobState.FAILED
    assert [(one.outcome, one.retriable) for one in results.values()][1:] == [(Outcome.REJECTED, True)] * 2
    gone = job._replace(id="7")
    assert zoho.job_state(gone) is JobState.FAILED
    assert list(zoho.job_results(gone)) == []


def test_a_result_from_a_broker_that_is_gone_is_not_waited_for() -> None:
    def gone(*_: Any) -> None:
        raise httpx.ConnectError("nobody listens")

    client: Any = SimpleNamespace(http=SimpleNamespace(stream=gone))
    with pytest.raises(ConfigurationError, match="not sent"), bulk.downloaded(client, "Zoho GET result", "/"):
        pass


def test_what_no_job_can_carry() -> None:
    assert bulk_write.fits(Row("1", {"a": "text", "b": ["x", "y"], "c": {"id": "1"}, "d": False, "e": 0}))
    assert not bulk_write.fits(Row("1", {"a": None}))
    assert not bulk_write.fits(Row("1", {"a": ["x;y"]}))


def test_without_the_scopes_for_jobs_there_are_none() -> None:
    assert capabilities_for(None) == CAPABILITIES == capabilities_for(["ZohoCRM.bulk.ALL", "ZohoFiles.files.ALL"])
    assert capabilities_for(["ZohoCRM.bulk.ALL"]).bulk_write is None


def test_a_dry_run_uploads_nothing(keyed: ZohoOrg) -> None:
    with start(BrokerSpec(purpose="discover", connections=(connection(keyed.lab),), jobs=True)) as handle:
        reading = Adapter(find_connection("zohocrm", str(handle.socket)))
        with pytest.raises(Refused) as refused:
            uploaded(reading, rows("g", 1))
        assert refused.value.code == "write_in_dry_run"
        with pytest.raises(Refused) as refused:
            reading.start_job(BulkJob("1", "Contacts", COLUMNS, KEY))
        assert refused.value.code == "write_in_dry_run"


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("body", {"operation": "upsert"}),
        ("body", {"operation": "update"}),
        ("body", {"ignore_empty": False}),
        ("body", {"callback": {"url": "https://x.example", "method": "post"}}),
        ("resource", {"module": {"api_name": "Accounts"}}),
        ("resource", {"file_id": "7"}),
        ("resource", {"find_by": "Email"}),
        ("resource", {"find_by": "id"}),
        ("resource", {"ignore_empty": False}),
        ("resource", {"file_names": ["other.csv"]}),
        ("resource", {"parent": {}}),
        ("mapping", {"api_name": "Email"}),
        ("mapping", {"api_name": "id"}),
        ("mapping", {"index": 0}),
        ("mapping", {"default_value": {"value": "x"}}),
    ],
)
def test_a_start_says_exactly_what_was_judged(
    zoho: Adapter, keyed: ZohoOrg, where: str, change: dict[str, Any], upload_once: BulkJob
) -> None:
    body = bulk_write.job_body(zoho.describe("Contacts"), upload_once)
    resource = body["resource"][0]
    {"body": body, "resource": resource, "mapping": resource["field_mappings"][1]}[where].update(change)
    before = keyed.lab.counters()["credits"]
    answer = zoho.client.http.post("/crm/bulk/v8/write", json=body)
    assert (answer.status_code, answer.headers.get("X-Broker-Refused")) == (403, "1")
    assert keyed.lab.counters()["credits"] == before, "nothing was sent"


@pytest.fixture(scope="module")
def upload_once(broker: BrokerHandle) -> BulkJob:
    """A file that nobody starts."""
    return uploaded(Adapter(find_connection("zohocrm", str(broker.socket))), rows("t", 2))


@pytest.mark.parametrize("header", ["feature", "X-CRM-ORG"])
def test_files_are_for_bulk_writes_of_this_account_only(zoho: Adapter, header: str) -> None:
    facts = zoho.client.connection.facts
    headers = {"feature": "bulk-write", "X-CRM-ORG": facts["zgid"], header: "other"}
    answer = zoho.client.http.post(f"{facts['upload_url']}/crm/v8/upload", files={"file": b"x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_operation")


def test_no_other_host_is_reached(zoho: Adapter) -> None:
    answer = zoho.client.http.post("https://content.zohoapis.com/crm/v8/upload", files={"file": b"x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_host")
