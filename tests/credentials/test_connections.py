"""Where connections are found, which place wins, and that nothing we start inherits a credential."""

from __future__ import annotations

import json
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from sdrbot_skills.credentials.connections import find, list_connections
from sdrbot_skills.credentials.environment import scrubbed_environment
from sdrbot_skills.credentials.keyrings import forget_connection, save_connection
from sdrbot_skills.credentials.model import BearerToken, ConnectionSource, ConnectionSpec, RefreshToken
from sdrbot_skills.credentials.rotation import store_refresh_token
from sdrbot_skills.errors import ConfigurationError
from tests.credentials.conftest import MemoryKeyring

HUBSPOT = {"HUBSPOT_ACCESS_TOKEN": "pat-planted"}
SALESFORCE = {"SF_CLIENT_ID": "key", "SF_CLIENT_SECRET": "planted", "SF_LOGIN_URL": "https://acme.my.salesforce.com/"}


def names(environ: dict[str, str]) -> list[str]:
    return [source.name for source in list_connections(environ)]


def test_the_environment_makes_connections() -> None:
    hubspot, salesforce = list_connections({**HUBSPOT, **SALESFORCE, "HOME": "/x"})
    assert (hubspot.name, hubspot.origin, hubspot.where, hubspot.plain) == (
        "hubspot",
        "https://api.hubapi.com",
        "the environment",
        True,
    )
    assert salesforce.origin == "https://acme.my.salesforce.com"
    assert salesforce.spec("target").role == "target"
    assert "planted" not in repr((hubspot, salesforce, salesforce.spec()))
    assert "planted" not in salesforce.spec().model_dump_json()
    assert "planted" in salesforce.spec().model_dump_json(context={"reveal": True})


def test_a_suffix_makes_a_second_connection() -> None:
    second = {
        "HUBSPOT_ACCESS_TOKEN__SECOND": "b",
        "HUBSPOT_BASE_URL__SECOND": "http://127.0.0.1:1",
        "HUBSPOT_ACCESS_TOKEN__EU_WEST": "c",
    }
    found = {source.name: source for source in list_connections({**HUBSPOT, **second})}
    assert list(found) == ["hubspot", "hubspot-eu-west", "hubspot-second"]
    assert found["hubspot-second"].origin == "http://127.0.0.1:1"
    assert found["hubspot"].origin == "https://api.hubapi.com"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HUBSPOT_ACCESS_TOKEN": "  "},
        {"HUBSPOT_ACCESS_TOKEN": "${HUBSPOT_ACCESS_TOKEN}"},
        {"SF_CLIENT_ID": "key", "SF_CLIENT_SECRET": "x"},
        {**SALESFORCE, "SF_LOGIN_URL": "https://login.salesforce.com"},
    ],
)
def test_half_a_credential_is_none(environ: dict[str, str]) -> None:
    assert names(environ) == []


def test_the_dot_env_of_the_working_directory_comes_after_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('HUBSPOT_ACCESS_TOKEN="pat-$file"\nSF_CLIENT_ID=key\nSF_CLIENT_SECRET=x\n')
    (alone,) = list_connections({})
    assert alone.where == "the file .env"
    credential = alone.spec().credential
    assert isinstance(credential, BearerToken)
    assert credential.token.get_secret_value() == "pat-$file"
    both = list_connections({**HUBSPOT, "SF_LOGIN_URL": "https://acme.my.salesforce.com"})
    assert [(source.name, source.where) for source in both] == [
        ("hubspot", "the environment"),
        ("salesforce", "the file .env"),
    ]


def test_the_entry_of_sdrbot_needs_its_app(memory_keyring: MemoryKeyring) -> None:
    entry = {"access_token": "a", "refresh_token": "planted-refresh", "instance_url": "https://acme.my.salesforce.com"}
    memory_keyring.entries["sdrbot_salesforce", "oauth_token"] = json.dumps(entry)
    assert names({}) == []
    (found,) = list_connections({"SF_CLIENT_ID": "app", "SF_CLIENT_SECRET": "s"})
    credential = found.spec().credential
    assert isinstance(credential, RefreshToken)
    assert credential.store is not None
    assert (found.origin, credential.instance_url) == ("https://login.salesforce.com", "https://acme.my.salesforce.com")
    assert found.plain


def test_the_vault_comes_first_and_stays_closed() -> None:
    def passphrase_needed() -> BearerToken:
        raise ConfigurationError("sealed")

    sealed = ConnectionSource("hubspot", "hubspot", "https://api.hubapi.com", "the vault", False, passphrase_needed)
    (found,) = list_connections(HUBSPOT, sealed=[sealed])
    assert not found.plain
    with pytest.raises(ConfigurationError, match="sealed"):
        found.spec()


def test_our_own_keyring_entries_come_and_go(memory_keyring: MemoryKeyring) -> None:
    (source,) = list_connections(HUBSPOT)
    save_connection(source.spec("target"))
    (kept,) = list_connections({})
    assert (kept.name, kept.where, kept.spec()) == ("hubspot", "the system keyring", source.spec())
    assert find("hubspot").name == "hubspot"
    forget_connection("hubspot")
    forget_connection("hubspot")
    assert names({}) == []
    with pytest.raises(ConfigurationError, match="no connection called 'hubspot'"):
        find("hubspot")


def test_a_machine_without_a_keyring_has_its_environment() -> None:
    keyring.set_keyring(NoKeyring())
    assert names(HUBSPOT) == ["hubspot"]
    with pytest.raises(ConfigurationError, match="no system keyring"):
        save_connection(list_connections(HUBSPOT)[0].spec())


def test_a_rotated_token_keeps_the_rest_of_its_entry(memory_keyring: MemoryKeyring) -> None:
    memory_keyring.entries["sdrbot_hubspot", "oauth_token"] = json.dumps({"refresh_token": "old", "hub_id": 7})
    store_refresh_token(
        "sdrbot_hubspot", "oauth_token", {"access_token": "a", "refresh_token": "new", "expires_in": 1800}
    )
    entry = json.loads(memory_keyring.entries["sdrbot_hubspot", "oauth_token"])
    assert (entry["refresh_token"], entry["hub_id"], entry["access_token"]) == ("new", 7, "a")


def test_nothing_that_we_start_inherits_a_credential() -> None:
    kept = {
        "HOME": "/x",
        "PATH": "/bin",
        "SF_LOGIN_URL": "https://x",
        "HUBSPOT_BASE_URL": "http://x",
        "OPENAI_MODEL": "m",
    }
    gone = {
        **HUBSPOT,
        **SALESFORCE,
        "HUBSPOT_ACCESS_TOKEN__SECOND": "x",
        "hubspot_access_token": "x",
        "ATTIO_API_KEY": "x",
        "SF_CLIENT_SECRET__A_B": "x",
    }
    assert scrubbed_environment({**gone, **kept}) == {**kept, "SF_LOGIN_URL": "https://x"}


ZOHO = {"ZOHO_CLIENT_ID": "1000.key", "ZOHO_CLIENT_SECRET": "planted", "ZOHO_REFRESH_TOKEN": "1000.planted"}


@pytest.mark.parametrize(
    ("region", "origin"),
    [
        (None, "https://accounts.zoho.com"),
        ("eu", "https://accounts.zoho.eu"),
        ("IN", "https://accounts.zoho.in"),
        ("com.au", "https://accounts.zoho.com.au"),
        ("jp", "https://accounts.zoho.jp"),
        ("ca", "https://accounts.zohocloud.ca"),
        ("sa", "https://accounts.zoho.sa"),
        ("cn", "https://accounts.zoho.com.cn"),
        ("https://accounts.zoho.eu/", "https://accounts.zoho.eu"),
    ],
)
def test_zohos_region_names_the_accounts_server(region: str | None, origin: str) -> None:
    (zoho,) = list_connections({**ZOHO, **({"ZOHO_REGION": region} if region else {})})
    assert (zoho.name, zoho.crm, zoho.origin) == ("zohocrm", "zohocrm", origin)
    assert isinstance(zoho.open(), RefreshToken)


def test_an_unknown_region_of_zoho_is_no_connection() -> None:
    assert list_connections({**ZOHO, "ZOHO_REGION": "mars"}) == []
    assert list_connections({**ZOHO, "ZOHO_REGION": "https://accounts.zoho.evil.example"}) == []


def test_a_keyring_that_keeps_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """`setup` said that the connection was kept, and in the next line that nothing is connected."""
    monkeypatch.setattr(keyring, "set_password", lambda *_: None)
    monkeypatch.setattr(keyring, "get_password", lambda *_: None)
    spec = {"name": "x", "crm": "hubspot", "origin": "https://x", "credential": {"kind": "bearer", "token": "t"}}
    with pytest.raises(ConfigurationError, match="kept nothing"):
        save_connection(ConnectionSpec.model_validate(spec))
