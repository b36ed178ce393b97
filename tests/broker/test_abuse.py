"""Raw bytes on the broker's socket: what is spelled oddly is refused and never reaches the vendor."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdrbot_skills.broker.launch import BrokerHandle
from tests.broker.conftest import Brokers
from tests.broker.recorder import Recorder, RecorderThread

HOST = "Host: api.hubapi.com\r\nX-CRM-Connection: hubspot\r\n"


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with RecorderThread() as made:
        yield made


@pytest.fixture(scope="module")
def dry(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerHandle]:
    brokers = Brokers(recorder, tmp_path_factory.mktemp("abuse"))
    # Everything a live run would be given: it must be the purpose alone that keeps writes in.
    everything = {
        "roles": {"hubspot": "target", "salesforce": "target"},
        "objects": {"target": ["contacts", "Contact"], "links": ["contacts->companies"]},
        "budget": {
            name: {"create": 99, "update": 99, "delete": 99, "unsubscribe": 99} for name in ("contacts", "Contact")
        },
    }
    yield brokers.start("dry", **everything)
    brokers.close()


def raw(handle: BrokerHandle, data: bytes) -> bytes:
    """Send bytes, return what comes back until the broker closes."""
    with socket.socket(socket.AF_UNIX) as plug:
        plug.settimeout(5)
        plug.connect(str(handle.socket))
        plug.sendall(data)
        received = b""
        while chunk := plug.recv(65536):
            received += chunk
    return received


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


GET = "GET /crm/v3/objects/contacts HTTP/1.1\r\n"
POST = "POST /crm/v3/objects/contacts/search HTTP/1.1\r\n"
ABUSES = {
    "content length and chunked": f"{POST}{HOST}Content-Type: application/json\r\nContent-Length: 4\r\n"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    "two content lengths": f"{POST}{HOST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}x",
    "two hosts": f"{GET}{HOST}Host: evil.example\r\n\r\n",
    "no host": f"{GET}X-CRM-Connection: hubspot\r\n\r\n",
    "wrong host": f"{GET}Host: evil.example\r\nX-CRM-Connection: hubspot\r\n\r\n",
    "host with port": f"{GET}Host: api.hubapi.com:443\r\nX-CRM-Connection: hubspot\r\n\r\n",
    "metadata address": f"{GET}Host: 169.254.169.254\r\nX-CRM-Connection: hubspot\r\n\r\n",
    "the other vendor's host": f"{GET}Host: lab-salesforce.my.salesforce.com\r\nX-CRM-Connection: hubspot\r\n\r\n",
    "two connections": f"{GET}{HOST}X-CRM-Connection: salesforce\r\n\r\n",
    "no connection": f"{GET}Host: api.hubapi.com\r\n\r\n",
    "unknown connection": f"{GET}Host: api.hubapi.com\r\nX-CRM-Connection: other\r\n\r\n",
    "connect": "CONNECT api.hubapi.com:443 HTTP/1.1\r\nHost: api.hubapi.com\r\n\r\n",
    "absolute form": f"GET http://api.hubapi.com/crm/v3/objects/contacts HTTP/1.1\r\n{HOST}\r\n",
    "absolute form elsewhere": f"GET http://evil.example/ HTTP/1.1\r\n{HOST}\r\n",
    "double slash": f"GET //crm/v3/objects/contacts HTTP/1.1\r\n{HOST}\r\n",
    "dot dot": f"GET /crm/v3/objects/../imports HTTP/1.1\r\n{HOST}\r\n",
    "encoded dot dot": f"GET /crm/v3/objects/%2e%2e/imports HTTP/1.1\r\n{HOST}\r\n",
    "encoded slash": f"GET /crm%2fv3/objects/contacts HTTP/1.1\r\n{HOST}\r\n",
    "dot dot inside a value": f"GET /crm/v3/objects/contacts/..%2F..%2Fimports HTTP/1.1\r\n{HOST}\r\n",
    "encoded letter": f"GET /crm/v3/%6fbjects/contacts HTTP/1.1\r\n{HOST}\r\n",
    "backslash": f"GET /crm\\v3/objects/contacts HTTP/1.1\r\n{HOST}\r\n",
    "matrix parameter": f"GET /crm/v3/objects/contacts;x=1 HTTP/1.1\r\n{HOST}\r\n",
    "null byte": f"GET /crm/v3/objects/contacts/%00 HTTP/1.1\r\n{HOST}\r\n",
    "encoded line break": f"GET /crm/v3/objects/contacts/a%0d%0aX:y HTTP/1.1\r\n{HOST}\r\n",
    "fragment": f"GET /crm/v3/objects/contacts#/../imports HTTP/1.1\r\n{HOST}\r\n",
    "lower-case method": f"get /crm/v3/objects/contacts HTTP/1.1\r\n{HOST}\r\n",
    "trace": f"TRACE /crm/v3/objects/contacts HTTP/1.1\r\n{HOST}\r\n",
    "options star": f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n",
    "override header": f"{POST}{HOST}X-HTTP-Method-Override: DELETE\r\nContent-Length: 0\r\n\r\n",
    "override query": f"GET /crm/v3/objects/contacts?_HttpMethod=PATCH HTTP/1.1\r\n{HOST}\r\n",
    "encoded override query": f"GET /crm/v3/objects/contacts?%5fhttpmethod=PATCH HTTP/1.1\r\n{HOST}\r\n",
    "token in the query": f"GET /crm/v3/objects/contacts?hapikey=x HTTP/1.1\r\n{HOST}\r\n",
    "upgrade": f"{GET}{HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "expect": f"{POST}{HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{{}}",
    "compressed body": f"{POST}{HOST}Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{{}}",
    "body on a get": f"{GET}{HOST}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
    "not json": f"{POST}{HOST}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{{}}",
    "utf-16": f"{POST}{HOST}Content-Type: application/json; charset=utf-16\r\nContent-Length: 2\r\n\r\n{{}}",
    "twin names": f'{POST}{HOST}Content-Type: application/json\r\nContent-Length: 21\r\n\r\n{{"limit":1,"limit":2}}',
    "broken json": f"{POST}{HOST}Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{{",
    "header injection": f"{GET}{HOST}X: a\rX-CRM-Connection: salesforce\r\n\r\n",
    "folded header": f"{GET}Host: api.hubapi.com\r\nX-CRM-Connection: hub\r\n spot\r\n\r\n",
    "huge header": f"{GET}{HOST}X: {'a' * 200_000}\r\n\r\n",
    "stop from inside": "POST /stop HTTP/1.1\r\nHost: broker\r\nContent-Length: 0\r\n\r\n",
    "nonsense": "hello\r\n\r\n",
}


@pytest.mark.parametrize("name", ABUSES)
def test_abuse_is_refused(dry: BrokerHandle, recorder: Recorder, name: str) -> None:
    before = len(recorder.seen)
    answer = raw(dry, ABUSES[name].encode("latin-1"))
    assert status(answer) in (400, 403), answer[:200]
    assert b"evil.example" not in answer
    assert len(recorder.seen) == before
    assert dry.alive()


def test_a_plain_request_over_the_same_bytes_passes(dry: BrokerHandle, recorder: Recorder) -> None:
    assert status(raw(dry, f"{GET}{HOST}Connection: close\r\n\r\n".encode())) == 200
    assert recorder.seen[-1].target == "/crm/v3/objects/contacts"


def test_smuggled_second_request_is_judged_by_itself(dry: BrokerHandle, recorder: Recorder) -> None:
    before = len(recorder.seen)
    answer = raw(dry, f"{GET}{HOST}\r\nDELETE /crm/v3/objects/contacts/1 HTTP/1.1\r\n{HOST}\r\n".encode())
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 403") == 1
    assert [one.method for one in recorder.seen[before:]] == ["GET"]


def test_the_socket_is_for_its_owner_only(dry: BrokerHandle) -> None:
    assert Path(dry.socket).parent.stat().st_mode & 0o777 == 0o700
    assert Path(dry.socket).stat().st_mode & 0o777 == 0o600


WORDS = [
    "crm",
    "v3",
    "v4",
    "objects",
    "contacts",
    "batch",
    "create",
    "read",
    "search",
    "update",
    "upsert",
    "archive",
    "1",
    "services",
    "data",
]
WORDS += [
    "v66.0",
    "sobjects",
    "composite",
    "Contact",
    "003000000000001AAA",
    "Ext__c",
    "jobs",
    "ingest",
    "tooling",
    "associations",
    "companies",
]
WORDS += [
    "%2e",
    "..",
    "a%40b.co",
    "",
    "statuses",
    "communication-preferences",
    "unsubscribe-all",
    "merge",
    "properties",
    "query",
]
PATHS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(lambda parts: "/" + "/".join(parts))
KNOWN = [
    "/crm/v3/objects/contacts",
    "/crm/v3/objects/contacts/batch/create",
    "/crm/v3/objects/contacts/batch/upsert",
    "/crm/v3/objects/contacts/1",
    "/crm/v4/associations/contacts/companies/batch/create",
    "/crm/v3/properties/contacts",
    "/communication-preferences/v4/statuses/a%40b.co/unsubscribe-all",
    "/services/data/v66.0/composite",
    "/services/data/v66.0/composite/sobjects",
    "/services/data/v66.0/composite/sobjects/Contact/Ext__c",
    "/services/data/v66.0/sobjects/Contact/003000000000001AAA",
    "/services/data/v66.0/jobs/ingest",
]
BODIES = st.sampled_from(
    [
        b"",
        b"{}",
        b'{"inputs":[{"id":"1"}]}',
        b'{"records":[{"attributes":{"type":"Contact"}}]}',
        b'{"compositeRequest":[]}',
    ]
)
SAFE_POST = ("/search", "/batch/read", "/read", "/composite", "/composite/sobjects/Contact")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "POST"]),
    path=st.one_of(PATHS, st.sampled_from(KNOWN)),
    body=BODIES,
    query=st.sampled_from(
        ["", "?_HttpMethod=PATCH", "?ids=003000000000001AAA", "?q=SELECT+Id+FROM+Contact+FOR+VIEW", "?idProperty=email"]
    ),
    salesforce=st.booleans(),
)
def test_no_write_leaves_a_dry_run(
    dry: BrokerHandle, recorder: Recorder, method: str, path: str, body: bytes, query: str, salesforce: bool
) -> None:
    host = "lab-salesforce.my.salesforce.com" if salesforce else "api.hubapi.com"
    name = "salesforce" if salesforce else "hubspot"
    before = len(recorder.seen)
    head = f"{method} {path}{query} HTTP/1.1\r\nHost: {host}\r\nX-CRM-Connection: {name}\r\nConnection: close\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    raw(dry, head.encode() + body)
    for one in recorder.seen[before:]:
        bare = one.target.partition("?")[0]
        assert one.method == "GET" or (one.method == "POST" and bare.endswith(SAFE_POST)), f"{one.method} {one.target}"
        assert "FOR+VIEW" not in one.target or "query" not in bare
        assert "_HttpMethod" not in one.target
