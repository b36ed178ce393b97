"""What a key cannot see or do is said before a run; where a record is found in the web application."""

from sdrbot_skills.auth.pipedrive import get_pipedrive_client
from sdrbot_skills.credentials.environment import connections_in
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.lab import Emulator


def test_a_key_without_rights_is_told(crm: Crm, emulator: Emulator) -> None:
    usual = {blind.subject for blind in crm.preflight(["persons"]).blind}
    assert usual == {"automations", "who sees the records"}
    emulator.control("rights", can_add_custom_fields=False)
    found = {blind.subject for blind in crm.preflight(["persons"]).blind}
    assert found - usual == {"can_add_custom_fields"}


def test_an_unknown_object_blocks(crm: Crm) -> None:
    assert any(blind.blocks for blind in crm.preflight(["planets"]).blind)


def test_the_days_tokens_are_read_from_the_headers(crm: Crm, emulator: Emulator) -> None:
    headers = {"x-daily-ratelimit-token-limit": "30000", "x-daily-ratelimit-token-remaining": "29000"}
    body = {"success": True, "data": []}
    emulator.fault("status", status=200, body=body, headers=headers, method="GET", path="/persons$", times=1)
    emulator.fault("status", status=200, body=body, headers=headers, method="GET", path="/permissions$", times=1)
    (tokens,) = crm.preflight(["persons"]).allowances
    assert (tokens.unit, tokens.limit, tokens.remaining) == ("tokens", 30_000, 29_000)


def test_deep_links(crm: Crm) -> None:
    assert crm.deep_link("organizations", "7") == "https://practice-default.pipedrive.com/organization/7"


def test_the_client_by_its_usual_name(crm: Crm) -> None:
    with get_pipedrive_client() as client:
        assert client.get("/api/v2/persons").json() == {
            "success": True,
            "data": [],
            "additional_data": {"next_cursor": None},
        }
        refused = client.delete("/api/v1/webhooks/1")
        assert (refused.status_code, refused.headers["X-Broker-Refused"]) == (403, "1")


def test_connections_from_the_environment() -> None:
    environment = {"PIPEDRIVE_API_TOKEN": "t" * 40, "PIPEDRIVE_API_TOKEN__EU": "u" * 40}
    found = {one.name: one.origin for one in connections_in(environment, "here")}
    assert found == dict.fromkeys(("pipedrive", "pipedrive-eu"), "https://api.pipedrive.com")
