"""Each HTTP client sends the vendor's URL over the socket, names its connection, and neither repeats, redirects nor leaks."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import requests
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Account, Environment
from sdrbot_skills.transport import sockets
from sdrbot_skills.transport.connection import Connection, find_connection, list_connections
from sdrbot_skills.transport.sockets import httpx_client, requests_session, urllib3_pools
from tests.transport.unix_server import UnixServer, serving

URL = "https://api.vendor.example/crm/v3/a%2Fb?x=1&x=2"


@pytest.fixture
def server() -> Iterator[UnixServer]:
    with tempfile.TemporaryDirectory(prefix="crm-") as folder, serving(Path(folder) / "broker.sock") as running:
        yield running


@pytest.fixture
def connection(server: UnixServer) -> Connection:
    return connection_to(str(server.server_address))


def connection_to(socket: str) -> Connection:
    account = Account(crm="hubspot", id="1", name="Acme", environment=Environment.LAB)
    return Connection("hubspot-second", "hubspot", "source", "https://api.vendor.example", "v3", account, socket)


def check(request: dict) -> None:
    assert request["method"] == "POST"
    assert request["path"] == "/crm/v3/a%2Fb?x=1&x=2"
    assert request["headers"]["Host"] == "api.vendor.example"
    assert request["headers"]["X-CRM-Connection"] == "hubspot-second"
    assert request["headers"]["X-Own"] == "kept"
    assert request["body"] == '{"a": 1}'


def test_httpx(server: UnixServer, connection: Connection) -> None:
    with httpx_client(connection) as client:
        check(client.post(URL, headers={"X-Own": "kept"}, content=b'{"a": 1}').json())
        assert client.get("/relative").json()["headers"]["Host"] == "api.vendor.example"
        assert client.get("/moved").status_code == 302


def test_urllib3_when_an_sdk_passes_its_own_headers_and_no_timeout(server: UnixServer, connection: Connection) -> None:
    with urllib3_pools(connection) as pools:
        answer = pools.request("POST", URL, headers={"X-Own": "kept"}, body=b'{"a": 1}', timeout=None)
        check(answer.json())
        assert pools.request("GET", "https://api.vendor.example/moved", redirect=False).status == 302


def test_an_answer_that_never_comes_is_not_waited_for_for_ever(
    server: UnixServer, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "READ_TIMEOUT", 0.05)
    with urllib3_pools(connection) as pools, pytest.raises(ReadTimeoutError):
        pools.request("GET", "https://api.vendor.example/never", timeout=None)
    with requests_session(connection) as session, pytest.raises(requests.ReadTimeout):
        session.get("https://api.vendor.example/never")


def test_requests(server: UnixServer, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with requests_session(connection) as session:
        check(session.post(URL, headers={"X-Own": "kept"}, data=b'{"a": 1}').json())


def test_a_port_in_the_address_stays_in_the_host(server: UnixServer, connection: Connection) -> None:
    address = "https://api.vendor.example:8443/x"
    with (
        httpx_client(connection) as client,
        requests_session(connection) as session,
        urllib3_pools(connection) as pools,
    ):
        hosts = [
            client.get(address).json()["headers"]["Host"],
            session.get(address).json()["headers"]["Host"],
            pools.request("GET", address).json()["headers"]["Host"],
        ]
    assert hosts == ["api.vendor.example:8443"] * 3


def test_a_lost_answer_is_not_asked_for_again(server: UnixServer, connection: Connection) -> None:
    with httpx_client(connection) as client, pytest.raises(httpx.TransportError):
        client.get("/drop")
    with urllib3_pools(connection) as pools, pytest.raises(ProtocolError):
        pools.request("GET", "https://api.vendor.example/drop")
    with requests_session(connection) as session, pytest.raises(requests.ConnectionError):
        session.get("https://api.vendor.example/drop")
    assert len(server.requests) == 3


def test_a_broker_that_is_gone_is_told_from_a_lost_answer(tmp_path: Path) -> None:
    nowhere = connection_to(str(tmp_path / "gone.sock"))
    with urllib3_pools(nowhere) as pools, pytest.raises(NewConnectionError):
        pools.request("GET", URL)
    with pytest.raises(ConfigurationError, match="does not answer"):
        list_connections(nowhere.socket)


def test_connections_are_found_by_name_or_by_a_crm_that_is_there_once(server: UnixServer) -> None:
    entry = {
        "crm": "hubspot",
        "role": "source",
        "base_url": "https://api.hubapi.com",
        "api_version": "v3",
        "account": {"id": 7, "name": "Acme", "currency": "EUR"},
        "environment": "sandbox",
        "ui_domain": "app.hubspot.com",
    }
    socket = str(server.server_address)
    server.answers["/connections"] = {"purpose": "dry", "connections": [{**entry, "name": "hubspot-second"}]}
    found = find_connection("hubspot", socket)
    assert (found.name, found.account.id, found.account.currency) == ("hubspot-second", "7", "EUR")
    assert found.facts == {"ui_domain": "app.hubspot.com"}
    server.answers["/connections"]["connections"].append({**entry, "name": "hubspot-third"})
    with pytest.raises(ConfigurationError, match="hubspot-second, hubspot-third"):
        find_connection("hubspot", socket)
