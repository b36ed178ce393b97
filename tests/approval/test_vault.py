"""A credential opens with its passphrase and with nothing else."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sdrbot_skills.approval.vault import Vault
from sdrbot_skills.errors import ConfigurationError, Refused

SECRET = "pat-na1-very-secret"
CREDENTIAL = {"kind": "bearer", "token": SECRET}
PASSPHRASE = "correct horse battery"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = Vault(tmp_path / "home" / "vault.json")
    made.seal("hubspot", CREDENTIAL, PASSPHRASE, about={"crm": "hubspot"})
    return made


def refusal(vault: Vault, name: str, passphrase: str) -> Refused:
    with pytest.raises(Refused) as caught:
        vault.unseal(name, passphrase)
    return caught.value


def test_the_passphrase_opens_it(vault: Vault) -> None:
    assert vault.names() == ["hubspot"]
    assert vault.about("hubspot") == {"crm": "hubspot"}
    assert vault.unseal("hubspot", PASSPHRASE) == CREDENTIAL


def test_a_wrong_passphrase_leaves_it_sealed(vault: Vault) -> None:
    before = vault.path.read_bytes()
    refused = refusal(vault, "hubspot", "wrong passphrase")
    assert refused.code == "wrong_passphrase"
    assert "connect 'hubspot' again" in str(refused)
    assert "wrong passphrase" not in str(refused)
    assert vault.path.read_bytes() == before
    assert vault.unseal("hubspot", PASSPHRASE) == CREDENTIAL


def test_nothing_of_it_is_readable(vault: Vault) -> None:
    assert SECRET not in vault.path.read_text()
    assert vault.path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_credential_does_not_open(vault: Vault) -> None:
    file = json.loads(vault.path.read_text())
    sealed = file["entries"]["hubspot"]["sealed"]
    file["entries"]["hubspot"]["sealed"] = sealed[:50] + ("A" if sealed[50] != "A" else "B") + sealed[51:]
    vault.path.write_text(json.dumps(file))
    assert refusal(vault, "hubspot", PASSPHRASE).code == "wrong_passphrase"


def test_a_credential_moved_to_another_name_does_not_open(vault: Vault) -> None:
    file = json.loads(vault.path.read_text())
    file["entries"]["salesforce"] = file["entries"].pop("hubspot")
    vault.path.write_text(json.dumps(file))
    assert refusal(vault, "salesforce", PASSPHRASE).code == "tampered_vault"


def test_unknown_short_and_damaged(vault: Vault) -> None:
    with pytest.raises(ConfigurationError, match="No credential of 'attio'"):
        vault.unseal("attio", PASSPHRASE)
    with pytest.raises(ConfigurationError, match="at least 8"):
        vault.seal("attio", CREDENTIAL, "short")
    vault.path.write_text("not a vault")
    with pytest.raises(ConfigurationError, match="not a vault"):
        vault.names()


def test_forget(vault: Vault) -> None:
    vault.forget("hubspot")
    vault.forget("hubspot")
    assert vault.names() == []


def test_sealing_at_the_same_time_loses_nothing(vault: Vault) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: vault.seal(f"c{number}", CREDENTIAL, PASSPHRASE), range(8)))
    assert vault.names() == [*(f"c{number}" for number in range(8)), "hubspot"]
