"""Ordered faults, counters and survival: what the rest of the project relies on to prove that nothing is lost."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from sdrbot_skills import lab
from tests.lab.conftest import client_for

CONTACTS = "/crm/v3/objects/contacts"
BATCH = {"inputs": [{"properties": {"email": "a@x.example"}}]}


def total(http: httpx.Client) -> int:
    return len(http.get(CONTACTS).json()["results"])


@pytest.mark.parametrize(("when", "kept"), [("before_commit", 0), ("after_commit", 1)])
def test_a_reset_connection_loses_the_request_or_only_the_answer(
    hubspot: lab.Emulator, http: httpx.Client, when: str, kept: int
) -> None:
    hubspot.fault("reset", method="POST", path="/batch/create$", when=when)
    with pytest.raises(httpx.TransportError):
        http.post(f"{CONTACTS}/batch/create", json=BATCH)
    assert total(http) == kept
    assert hubspot.writes().get("contacts/inserted", 0) == kept


def test_the_third_of_its_kind_is_hit_once(hubspot: lab.Emulator, http: httpx.Client) -> None:
    hubspot.fault(
        "status", path="contacts", body_contains="wanted", skip=2, status=502, body="<html>Bad Gateway</html>"
    )
    answers = [http.post(f"{CONTACTS}/search", json={"query": word}) for word in ["wanted", "other"] * 4]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 502, 200, 200, 200]
    assert answers[4].headers["content-type"] == "text/html"
    (fault,) = hubspot.faults()
    assert (fault["hits"], fault["spent"]) == (1, True)


def test_the_vendors_own_refusals(hubspot: lab.Emulator, http: httpx.Client) -> None:
    for form, status in (("ten_secondly", 429), ("daily", 429), ("locked", 423), ("migrating", 477)):
        hubspot.fault("form", form=form)
        assert http.get(CONTACTS).status_code == status
    hubspot.fault("status", status=477, headers={"Retry-After": "60"}, body={"message": "moving"})
    answer = http.get(CONTACTS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (477, "60")
    with pytest.raises(lab.LabError, match="form is 'nonsense'"):
        hubspot.fault("form", form="nonsense")
    with pytest.raises(lab.LabError, match="action is 'explode'"):
        hubspot.fault("explode")


def test_an_expired_token_stays_expired(hubspot: lab.Emulator, http: httpx.Client) -> None:
    made = hubspot.control("tokens", kind="oauth")
    with client_for(hubspot, made["access_token"]) as client:
        hubspot.fault("expire_token")
        assert [client.get(CONTACTS).status_code for _ in range(2)] == [401, 401]
    assert http.get(CONTACTS).status_code == 200


@pytest.mark.parametrize(("when", "kept"), [("before_commit", 0), ("after_commit", 1), ("after_answer", 1)])
def test_a_client_can_be_killed_at_a_moment(hubspot: lab.Emulator, http: httpx.Client, when: str, kept: int) -> None:
    code = (
        "import httpx, sys, time\n"
        "sys.stdin.readline()\n"
        f"answer = httpx.post(sys.argv[1] + '{CONTACTS}', headers={{'Authorization': sys.argv[2]}},"
        " json={'properties': {'email': 'k@x.example'}}, trust_env=False)\n"
        "print(answer.status_code, flush=True)\n"
        "time.sleep(60)\n"
    )
    bearer = f"Bearer {hubspot.env['HUBSPOT_ACCESS_TOKEN']}"
    command = [sys.executable, "-c", code, hubspot.base_url, bearer]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        hubspot.fault("kill", method="POST", path="contacts$", when=when, pid=client.pid, ms=300)
        said, _ = client.communicate("go\n", timeout=30)
    assert client.returncode == -signal.SIGKILL
    assert said.strip() == ("201" if when == "after_answer" else "")
    assert total(http) == kept


def test_latency_is_waited_for(hubspot: lab.Emulator, http: httpx.Client) -> None:
    hubspot.fault("latency", ms=200)
    before = time.monotonic()
    http.get(CONTACTS)
    assert time.monotonic() - before >= 0.2


def test_reads_and_refusals_never_count_as_writes(
    hubspot: lab.Emulator, http: httpx.Client, create: Callable[..., str]
) -> None:
    record = create("contacts", email="a@x.example")
    before = hubspot.writes()
    http.get(f"{CONTACTS}/{record}")
    http.post(f"{CONTACTS}/search", json={})
    http.post(f"{CONTACTS}/batch/read", json={"inputs": [{"id": record}]})
    http.post(CONTACTS, json={"properties": {"email": "a@x.example"}})
    assert hubspot.writes() == before == {"contacts/inserted": 1}
    http.patch(f"{CONTACTS}/{record}", json={"properties": {"phone": "1"}})
    http.delete(f"{CONTACTS}/{record}")
    assert hubspot.writes() == {"contacts/inserted": 1, "contacts/updated": 1, "contacts/deleted": 1}


def test_chunked_and_large_bodies_are_taken(http: httpx.Client) -> None:
    text = "x" * 60_000
    row = b'{"properties": {"message": "' + text.encode() + b'"}}'

    def parts() -> Iterator[bytes]:
        yield b'{"inputs": ['
        for number in range(50):
            yield (b"," if number else b"") + row
        yield b"]}"

    answer = http.post(f"{CONTACTS}/batch/create", content=parts(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, len(answer.json()["results"])) == (201, 50)


def test_state_survives_kill_9(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        lab.running("hubspot", name="mortal", data=tmp_path_factory.mktemp("mortal")) as emulator,
        client_for(emulator, emulator.env["HUBSPOT_ACCESS_TOKEN__MORTAL"]) as http,
    ):
        assert http.post(f"{CONTACTS}/batch/create", json=BATCH).status_code == 201
        address, account = emulator.base_url, emulator.account
        emulator.kill9()
        assert not emulator.alive()
        emulator.restart()
        assert (emulator.base_url, emulator.account) == (address, account)
    with client_for(emulator, "x") as dead, pytest.raises(httpx.ConnectError):
        dead.get(CONTACTS)


def test_production_denies_being_a_lab_but_obeys_the_control_token() -> None:
    with lab.running("hubspot", name="prod", environment="production") as emulator:
        with client_for(emulator, emulator.env["HUBSPOT_ACCESS_TOKEN__PROD"]) as http:
            answer = http.get("/__lab__")
            assert (answer.status_code, answer.json()["message"]) == (404, "resource not found")
            assert http.post("/__lab__/reset").status_code == 404
            assert http.get("/account-info/v3/details").json()["accountType"] == "STANDARD"
        assert "requests/GET /account-info/{api:v3|2026-03|2026-09}/details" in emulator.counters()


def test_a_lab_says_that_it_is_one(hubspot: lab.Emulator, http: httpx.Client) -> None:
    told = http.get("/__lab__").json()
    assert told == {"lab": True, "crm": "hubspot", "name": "default", "account": hubspot.account}
