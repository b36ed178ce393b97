"""How a broker starts, who it finds, and when it does not start; tokens and their renewal; its end."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiohttp import web

from sdrbot_skills.broker.launch import attach, start
from sdrbot_skills.errors import ConfigurationError, ReauthenticateNeeded, Refused, Retriable
from tests.broker.conftest import HUBSPOT_TOKEN, Brokers
from tests.broker.recorder import Recorder, Seen, answer
from tests.support import ROOT


@pytest.mark.parametrize(
    ("status", "expected"), [(401, ReauthenticateNeeded), (403, ConfigurationError), (500, ConfigurationError)]
)
def test_a_credential_that_is_not_accepted(
    brokers: Brokers, upstream: Recorder, status: int, expected: type[Exception]
) -> None:
    upstream.json("GET", "/account-info/v3/details", status, {"message": "no"})
    with pytest.raises(expected, match="hubspot") as caught:
        brokers.start()
    assert HUBSPOT_TOKEN not in str(caught.value)


def test_a_token_request_that_is_refused(brokers: Brokers, upstream: Recorder) -> None:
    upstream.json("POST", "/services/oauth2/token", 400, {"error": "invalid_client", "error_description": "no"})
    with pytest.raises(ReauthenticateNeeded, match=r"salesforce: .* 400 invalid_client") as caught:
        brokers.start()
    assert caught.value.connection == "salesforce"


def test_a_host_that_does_not_answer(brokers: Brokers) -> None:
    spec = brokers.spec()
    gone = spec.connections[0].model_copy(update={"origin": "http://127.0.0.1:9"})
    with pytest.raises(Retriable, match="hubspot"):
        start(spec.model_copy(update={"connections": (gone,)}))


@pytest.mark.parametrize(
    "origin", ["http://api.hubapi.com", "http://10.0.0.1:80", "https://u:p@api.hubapi.com", "https://api.hubapi.com/x"]
)
def test_a_credential_is_not_sent_in_the_clear(brokers: Brokers, origin: str) -> None:
    spec = brokers.spec()
    unsafe = spec.connections[0].model_copy(update={"origin": origin})
    with pytest.raises(ConfigurationError, match="hubspot"):
        start(spec.model_copy(update={"connections": (unsafe,)}))


def test_a_token_answer_cannot_lead_elsewhere(brokers: Brokers, upstream: Recorder) -> None:
    reply = {"access_token": "x", "instance_url": "https://evil.example"}
    upstream.json("POST", "/services/oauth2/token", 200, reply)
    with pytest.raises(ConfigurationError, match=r"salesforce: .*evil\.example"):
        brokers.start()


def test_another_account_than_approved(brokers: Brokers, upstream: Recorder) -> None:
    with pytest.raises(Refused, match="4242") as caught:
        brokers.start("live", accounts={"hubspot": "1"})
    assert caught.value.code == "wrong_account"
    brokers.start("live", accounts={"hubspot": "4242"})


@pytest.mark.parametrize(
    ("lab", "kind", "expected"),
    [
        (True, "STANDARD", "lab"),
        (False, "STANDARD", "production"),
        (False, "SANDBOX", "sandbox"),
        (False, "DEVELOPER_TEST", "sandbox"),
    ],
)
def test_the_environment_is_what_answers(
    brokers: Brokers, upstream: Recorder, lab: bool, kind: str, expected: str
) -> None:
    upstream.lab = lab
    upstream.json("GET", "/account-info/v3/details", 200, {"portalId": 1, "accountType": kind})
    assert brokers.start().connections[0]["environment"] == expected


def test_the_scopes_of_a_hubspot_key_are_told(brokers: Brokers, upstream: Recorder) -> None:
    path = "/oauth/v2/private-apps/get/access-token-info"
    upstream.json("POST", path, 200, {"hubId": 4242, "scopes": ["crm.objects.contacts.read"]})
    assert brokers.start().connections[0]["scopes"] == ["crm.objects.contacts.read"]


def test_a_bad_spec_is_told_without_its_values(tmp_path: Path) -> None:
    line = json.dumps({"purpose": "live", "connections": [{"name": "x", "credential": {"token": "planted-secret"}}]})
    done = subprocess.run(
        [sys.executable, "-m", "sdrbot_skills.broker"],
        input=line.encode() + b"\n",
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["kind"] == "bad_spec"
    assert b"planted" not in done.stdout + done.stderr


def test_an_expired_token_is_renewed_once_for_all(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start()
    before = upstream.token_number
    upstream.tokens = {"none is good"}
    with brokers.client(handle, "salesforce") as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.get("/services/data/v66.0/limits").status_code, range(8)))
    assert answers == [200] * 8
    assert upstream.token_number == before + 1


def test_a_401_that_stays_is_passed_on(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start()
    upstream.json("GET", "/services/data/v66.0/limits", 401, [{"errorCode": "INVALID_SESSION_ID"}])
    with brokers.client(handle, "salesforce") as client:
        assert client.get("/services/data/v66.0/limits").status_code == 401
    assert sum(1 for one in upstream.seen if one.target.endswith("/limits")) == 2


def test_an_echoed_credential_is_taken_out(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start()

    def echo(one: Seen) -> web.Response:
        return answer(400, {"message": f"bad header {one.headers['Authorization']}", "pad": "x" * 3_000_000})

    for path in ("/crm/v3/objects/contacts", "/crm/v3/objects/deals"):
        upstream.answers["GET", path] = echo
    with brokers.client(handle) as client:
        reply = client.get("/crm/v3/objects/contacts")
    assert len(reply.content) > 3_000_000
    assert HUBSPOT_TOKEN not in reply.text


def test_no_redirect_is_followed(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start()
    upstream.json("GET", "/crm/v3/owners/", 302, {}, {"Location": f"{upstream.origin}/elsewhere"})
    with brokers.client(handle) as client:
        reply = client.get("/crm/v3/owners/")
    assert reply.status_code == 302
    assert "location" not in reply.headers
    assert upstream.seen[-1].target == "/crm/v3/owners/"


def test_a_reset_read_is_tried_once_more(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start()
    upstream.hang_up.add(("GET", "/crm/v3/owners/"))
    with brokers.client(handle) as client:
        reply = client.get("/crm/v3/owners/")
    assert (reply.status_code, reply.headers["X-Broker-Upstream"]) == (502, "not-sent")
    assert len(upstream.mutations()) == 2


def test_a_short_rate_limit_is_waited_for_and_a_daily_one_passed_on(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start()
    tries: list[int] = []

    def limited(_: Seen) -> web.Response:
        tries.append(1)
        body = {"policyName": "SECONDLY"}
        return answer(429, body, {"Retry-After": "1"}) if len(tries) == 1 else answer(200, {"ok": True})

    upstream.answers["GET", "/crm/v3/owners/"] = limited
    upstream.json("POST", "/crm/v3/objects/deals/search", 429, {"policyName": "DAILY"})
    with brokers.client(handle) as client:
        assert client.get("/crm/v3/owners/").json() == {"ok": True}
        daily = client.post("/crm/v3/objects/deals/search", json={})
        assert (daily.status_code, daily.headers["X-Broker-Daily"]) == (429, "1")
        paused = client.get("/crm/v3/owners/")
    assert (paused.status_code, paused.json()["code"]) == (429, "daily_limit")
    assert 0 < int(paused.headers["X-Broker-Retry-After"]) <= 25 * 3600 + 60, "until the account's midnight"


def test_a_detached_broker_is_found_again_and_stopped(brokers: Brokers) -> None:
    handle = start(brokers.spec("discover", detached=True))
    found = attach(brokers.trusted)
    assert found is not None
    assert found.pid == handle.pid
    assert found.status()["purpose"] == "discover"
    found.stop()
    handle.stop()
    assert attach(brokers.trusted) is None
    assert not found.socket.exists()


def test_a_broker_ends_with_its_parent(brokers: Brokers) -> None:
    handle = brokers.start()
    assert handle._process is not None
    assert handle._process.stdin is not None
    handle._process.stdin.close()
    assert handle._process.wait(15) == 0


def test_a_broker_ends_when_its_time_is_over(brokers: Brokers) -> None:
    handle = brokers.start(lifetime_seconds=0.1)
    assert handle._process is not None
    assert handle._process.wait(15) == 0


def test_the_child_gets_no_credential_by_its_environment(brokers: Brokers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "planted-in-environment")
    monkeypatch.setenv("SF_CLIENT_SECRET__SECOND", "planted-in-environment")
    handle = brokers.start()
    if os.getuid() != 0:
        pytest.skip("only root can still read the environment of a hidden process")
    assert b"planted" not in Path(f"/proc/{handle.pid}/environ").read_bytes()
    assert HUBSPOT_TOKEN.encode() not in Path(f"/proc/{handle.pid}/cmdline").read_bytes()


SPY = """
import json, subprocess, sys
spec = sys.stdin.readline()
own = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
broker = subprocess.Popen([sys.executable, "-m", "sdrbot_skills.broker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
broker.stdin.write(spec.encode()); broker.stdin.flush()
assert json.loads(broker.stdout.readline())["ready"]

def readable(process):
    found = {}
    for name in ("environ", "mem", "maps"):
        try:
            with open(f"/proc/{process.pid}/{name}", "rb"):
                found[name] = True
        except PermissionError:
            found[name] = False
    return found

print(json.dumps({"own": readable(own), "broker": readable(broker)}))
for process in (own, broker):
    process.stdin.close()
    process.wait(15)
"""


@pytest.mark.root
def test_an_ordinary_user_cannot_read_its_own_broker(brokers: Brokers) -> None:
    """The control is a process of the same user without the prctl: it is readable, so the refusal is the broker's doing."""
    if os.getuid() != 0:
        pytest.skip("needs root to become an ordinary user")
    interpreter = _interpreter_for_nobody()
    done = _as_nobody(interpreter, SPY, brokers.spec().model_copy(update={"trusted_dir": None}).wire())
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["own"] == {"environ": True, "mem": True, "maps": True}
    assert found["broker"] == {"environ": False, "mem": False, "maps": False}


def _interpreter_for_nobody() -> str:
    """The test's own interpreter may lie in root's home; a system one of the same version will do."""
    for candidate in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        if Path(candidate).exists() and _reachable(candidate):
            return candidate
    pytest.skip("an ordinary user can reach no interpreter with this package here")


def _reachable(interpreter: str) -> bool:
    try:
        return _as_nobody(interpreter, "import sdrbot_skills.broker.process", b"").returncode == 0
    except PermissionError:
        return False


def _as_nobody(interpreter: str, code: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    nobody = pwd.getpwnam("nobody")
    packages = os.pathsep.join([sysconfig.get_path("purelib"), str(ROOT)])
    return subprocess.run(
        [interpreter, "-c", code],
        input=given,
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        cwd="/",
        env={"PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
    )
