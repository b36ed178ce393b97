"""Sessions of the Salesforce emulator: grants, expiry, versions, the lab's identity."""

import base64
import json

import httpx
import pytest

from sdrbot_skills import lab
from tests.lab.salesforce_org import BASE, Org


def test_client_credentials_by_basic_auth(org: Org) -> None:
    env = org.lab.env
    pair = base64.b64encode(f"{env['SF_CLIENT_ID']}:{env['SF_CLIENT_SECRET']}".encode()).decode()
    answer = org.http.post(
        "/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {pair}"},
    )
    token = answer.json()
    assert token["instance_url"] == org.lab.base_url and token["token_type"] == "Bearer"
    assert token["id"].endswith(org.http.get("/services/oauth2/userinfo").json()["user_id"])
    assert "expires_in" not in token and token["issued_at"].isdigit()


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password", "username": "u", "password": "p"}, "invalid_grant"),
        ({"grant_type": "client_credentials", "client_id": "other", "client_secret": "x"}, "invalid_client_id"),
        ({"grant_type": "refresh_token", "refresh_token": "none"}, "invalid_client_id"),
        ({"grant_type": "saml"}, "unsupported_grant_type"),
    ],
)
def test_refused_grants(org: Org, form: dict[str, str], error: str) -> None:
    answer = org.token(**form)
    assert answer.status_code == 400 and answer.json()["error"] == error


def test_a_wrong_secret_is_refused(org: Org) -> None:
    answer = org.token(grant_type="client_credentials", client_id=org.lab.env["SF_CLIENT_ID"], client_secret="no")
    assert answer.json() == {"error": "invalid_client", "error_description": "invalid client credentials"}


def test_jwt_bearer_gives_a_refresh_token_that_works(org: Org) -> None:
    claims = {"iss": org.lab.env["SF_CLIENT_ID"], "sub": "integration", "aud": org.lab.base_url, "exp": "9999999999"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    answer = org.token(grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=f"e30.{payload}.c2ln")
    assert answer.status_code == 200
    again = org.token(
        grant_type="refresh_token",
        refresh_token=answer.json()["refresh_token"],
        client_id=org.lab.env["SF_CLIENT_ID"],
        client_secret=org.lab.env["SF_CLIENT_SECRET"],
    )
    assert again.json()["access_token"] != answer.json()["access_token"]


def test_sessions_slide_and_end(org: Org) -> None:
    for _ in range(3):
        org.lab.advance_clock(3600)
        assert org.call("GET", "/limits").status_code == 200
    org.lab.advance_clock(7201)
    answer = org.call("GET", "/limits")
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_the_fault_expires_the_token_in_use(org: Org) -> None:
    org.lab.fault("expire_token", path="/sobjects")
    assert org.call("GET", "/sobjects").status_code == 401
    assert org.call("GET", "/limits").status_code == 401, "the token stays expired"
    org.http.headers["Authorization"] = f"Bearer {org.login()['access_token']}"
    assert org.call("GET", "/sobjects").status_code == 200


def test_versions(org: Org) -> None:
    versions = httpx.get(f"{org.lab.base_url}/services/data", trust_env=False).json()
    assert versions[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}
    assert {"59.0", "66.0", "68.0"} <= {version["version"] for version in versions}
    for version, status in (("59.0", 200), ("68.0", 200), ("30.0", 410), ("69.0", 404)):
        assert org.http.get(f"/services/data/v{version}/limits").status_code == status


def test_every_answer_shows_the_api_usage_and_the_daily_limit_refuses() -> None:
    with lab.running("salesforce", limits="vendor") as emulator, Org(emulator) as org:
        assert org.call("GET", "/limits").headers["Sforce-Limit-Info"] == "api-usage=1/15000"
        assert org.call("GET", "/limits").json()["DailyApiRequests"] == {"Max": 15000, "Remaining": 14998}
        emulator.fault("form", form="daily_limit")
        refused = org.refused("GET", "/sobjects")
        assert (refused["status"], refused["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")


def test_an_over_long_url_is_refused(org: Org) -> None:
    ids = ",".join(f"'003000000000{n:03d}'" for n in range(950))
    answer = org.call("GET", "/query", params={"q": f"SELECT Id FROM Contact WHERE Id IN ({ids})"})
    assert answer.status_code == 414


def test_unknown_paths_and_methods(org: Org) -> None:
    assert org.refused("GET", "/nothing") == {
        "status": 404,
        "errorCode": "NOT_FOUND",
        "message": "The requested resource does not exist",
    }
    refused = org.refused("POST", "/query", {"q": "SELECT Id FROM Contact"})
    assert (refused["status"], refused["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_state_survives_kill_9(tmp_path_factory: pytest.TempPathFactory) -> None:
    with lab.running("salesforce", data=tmp_path_factory.mktemp("org")) as emulator, Org(emulator) as org:
        made = org.create("Account", Name="Stays")
        emulator.kill9()
        emulator.restart()
        assert org.http.get(f"{BASE}/sobjects/Account/{made}").json()["Name"] == "Stays", "token and data are there"
