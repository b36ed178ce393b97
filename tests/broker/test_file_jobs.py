"""What really leaves for a file: not what came, but what was read of it, to the host for files, with the credential and nothing of the sender's."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from sdrbot_skills.broker.filebook import FileBook
from sdrbot_skills.broker.launch import start
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.spec import BrokerSpec, Budget
from tests.broker.recorder import Recorder
from tests.broker.test_ziprows import GOOD, TYPE, body, read, zipped

TOKEN = "1000.planted-zoho-access-token"
SMUGGLED = b"more that nobody reads"


def test_a_file_is_packed_anew(upstream: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    upstream.json("POST", "/oauth/v2/token", 200, {"access_token": TOKEN, "api_domain": upstream.origin})
    upstream.json("GET", "/crm/v8/org", 200, {"org": [{"zgid": "691602767", "company_name": "Acme"}]})
    upstream.json("POST", "/crm/v8/upload", 200, {"details": {"file_id": "11"}})
    credential = {"kind": "refresh_token", "client_id": "1000.K", "client_secret": "s" * 20, "refresh_token": "r" * 20}
    target = {
        "name": "zohocrm",
        "crm": "zohocrm",
        "role": "target",
        "origin": upstream.origin,
        "credential": credential,
    }
    given = {"objects": {"target": ["Contacts"]}, "budget": {"Contacts": {"create": 2}}, "keys": {"Contacts": "Key"}}
    spec = {"purpose": "live", "trusted_dir": str(tmp_path / "trusted"), "connections": [target], **given}
    sent = body(SMUGGLED + zipped(GOOD))
    with start(BrokerSpec.model_validate(spec)) as handle:
        host = next(each["upload_url"] for each in handle.connections).replace("https://", "http://")
        headers = {
            "X-CRM-Connection": "zohocrm",
            "Content-Type": TYPE,
            "feature": "bulk-write",
            "X-CRM-ORG": "691602767",
        }
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(handle.socket))) as client:
            answer = client.post(f"{host}/crm/v8/upload", content=sent, headers={**headers, "X-Other": "1"})
    assert answer.json() == {"details": {"file_id": "11"}}
    (arrived,) = [one for one in upstream.seen if one.target == "/crm/v8/upload"]
    assert SMUGGLED not in arrived.body and arrived.body != sent
    assert read(arrived.body).rows == read(sent).rows
    assert arrived.headers["Authorization"] == f"Zoho-oauthtoken {TOKEN}" and "X-Other" not in arrived.headers
    assert b"Planted" not in (tmp_path / "trusted" / "ledger.sqlite").read_bytes()


def test_two_starts_of_one_file_at_the_same_moment_are_one(tmp_path: Path) -> None:
    """Both have seen it uploaded; the second is refused, and its rows are counted once."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    keeper = ledger.budget({"Contacts": Budget(create=2)})
    book = FileBook(ledger)
    book.uploaded("11", read(body(zipped(GOOD))))
    found = book.find("11")
    assert found is not None
    book.starting(keeper, "zohocrm", found, "Contacts", 1.0)
    with pytest.raises(Refusal) as refused:
        book.starting(keeper, "zohocrm", found, "Contacts", 1.0)
    assert refused.value.code == "start_in_doubt"
    assert [len(send.keys) for send in ledger.in_doubt()] == [2]
    ledger.close()
