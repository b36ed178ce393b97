"""The conversation of `setup`: what a person is told, what is kept, and what they are spared. Against practice CRMs that deny being some."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import keyring
import pexpect
import pytest

from sdrbot_skills import lab
from sdrbot_skills.credentials.keyrings import save_connection
from sdrbot_skills.credentials.model import ConnectionSpec
from sdrbot_skills.errors import ConfigurationError, MigrationError, Refused
from sdrbot_skills.lab.processes import Emulator
from sdrbot_skills.runs import brokers
from sdrbot_skills.runs.directory import create_run
from sdrbot_skills.runs.forgetting import forget_credentials
from sdrbot_skills.runs.setting_up import set_up
from tests.credentials.conftest import MemoryKeyring

PASSPHRASE = "correct horse battery"


class Scripted:
    """A person who answers as written down: each question by the next answer whose pattern it matches."""

    def __init__(self, *answers: tuple[str, str]) -> None:
        self.answers = list(answers)
        self.heard: list[str] = []
        self.asked: list[str] = []

    def say(self, text: str = "") -> None:
        self.heard.append(text)

    def ask(self, text: str) -> str:
        self.asked.append(text)
        assert self.answers, f"nobody expected the question: {text}"
        pattern, answer = self.answers.pop(0)
        assert re.search(pattern, text), f"expected {pattern!r}, was asked {text!r}"
        return answer

    secret = ask

    @property
    def said(self) -> str:
        return "\n".join(self.heard)


@pytest.fixture(scope="module")
def labs() -> Iterator[dict[str, Emulator]]:
    crms = ("hubspot", "salesforce", "zohocrm")
    with lab.running(*crms, environment="production") as found:
        yield dict(zip(crms, found, strict=True))


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labs: dict[str, Emulator]) -> Iterator[MemoryKeyring]:
    """An empty folder, an empty keyring, and nothing known but where the practice accounts live."""
    monkeypatch.chdir(tmp_path)
    for name in ("CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    monkeypatch.setenv("HUBSPOT_BASE_URL", labs["hubspot"].base_url)
    monkeypatch.setenv("SF_LOGIN_URL", labs["salesforce"].base_url)
    before, made = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def narrow_token(labs: dict[str, Emulator], *lacking: str) -> str:
    from sdrbot_skills.lab.hubspot.types import ALL_SCOPES

    scopes = [scope for scope in ALL_SCOPES if not any(re.search(pattern, scope) for pattern in lacking)]
    return str(labs["hubspot"].control("tokens", scopes=scopes)["access_token"])


def browser(page: str) -> None:
    threading.Thread(
        target=lambda: httpx.get(page, follow_redirects=True, trust_env=False, timeout=20), daemon=True
    ).start()


def test_a_pasted_key_is_cleaned_tried_by_its_scopes_and_sealed(
    at_home: MemoryKeyring, labs: dict[str, Emulator]
) -> None:
    token = narrow_token(labs, r"deals\.write", "communication")
    person = Scripted(
        ("Number", ""),
        ("Paste the key", "••••••••"),
        ("Paste the key", f"  Bearer {token[:20]} {token[20:]}\n"),
        ("Seal the credential", "y"),
        ("Passphrase", "short"),
        ("Passphrase", PASSPHRASE),
        ("The same again", "another one"),
        ("Passphrase", PASSPHRASE),
        ("The same again", PASSPHRASE),
        ("Do it now", "n"),
    )
    set_up(person, "hubspot")
    assert person.answers == []
    assert "crm.objects.deals.read crm.objects.deals.write" in person.said
    assert "✗ without crm.objects.deals.write: Deals cannot be written" in person.said
    assert "Opt-outs from e-mail cannot be recorded" in person.said and "contacts cannot" not in person.said
    assert "production" in person.said and "calls today" in person.said
    assert token not in person.said + "".join(person.asked)
    (source,) = brokers.sources()
    assert (source.name, source.plain, source.origin) == ("hubspot", False, labs["hubspot"].base_url)
    assert brokers.vault().unseal("hubspot", PASSPHRASE)["token"] == token


def test_a_second_credential_that_only_reads_is_used_for_looking(
    at_home: MemoryKeyring, labs: dict[str, Emulator]
) -> None:
    reading = narrow_token(labs, "write")
    full = labs["hubspot"].env["HUBSPOT_ACCESS_TOKEN"]
    person = Scripted(
        ("Number", ""),
        ("Paste the key", full),
        ("Seal the credential", ""),
        ("Passphrase", PASSPHRASE),
        ("The same again", PASSPHRASE),
        ("second service key", "y"),
        ("Number", ""),
        ("Paste the key", full),
        ("Keep it all the same", "n"),
    )
    set_up(person, "hubspot")
    assert "may write as well" in person.said and "It was not kept. hubspot stays connected" in person.said
    assert not brokers.find_source("hubspot", reading=True).plain

    again = Scripted(
        ("Name of the further account", ""),
        ("Number", ""),
        ("Paste the key", full),
        ("Seal", ""),
        ("the one of hubspot", "a wrong one"),
        ("Type it again", ""),
        ("the one of hubspot", PASSPHRASE),
        ("second service key", "y"),
        ("Number", ""),
        ("Paste the key", reading),
    )
    set_up(again, "hubspot")
    assert again.answers == [] and "use it from now on" in again.said
    assert brokers.find_source("hubspot", reading=True).plain and not brokers.find_source("hubspot").plain
    with brokers.reading("hubspot") as (crm,):
        assert crm.account().name


def test_signing_in_to_salesforce_with_what_the_environment_knows(
    at_home: MemoryKeyring, labs: dict[str, Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    env = labs["salesforce"].env
    monkeypatch.setenv("SF_CLIENT_ID", env["SF_CLIENT_ID"])
    person = Scripted(
        ("Number", "1"),
        ("My Domain", ""),
        ("Consumer key", ""),
        ("Consumer secret", env["SF_CLIENT_SECRET"]),
        ("Seal the credential", "n"),
        ("Do it now", ""),
    )
    set_up(person, "salesforce", open_page=browser)
    assert person.answers == []
    assert re.search(r"callback address: http://localhost:80\d\d/callback/salesforce", person.said)
    assert "Granted: every scope" in person.said and "DailyApiRequests" in person.said
    source = brokers.find_source("salesforce")
    assert (source.where, source.plain, source.spec().credential.kind) == ("the system keyring", True, "refresh_token")


def test_a_refused_credential_says_what_it_usually_is(at_home: MemoryKeyring, labs: dict[str, Emulator]) -> None:
    person = Scripted(
        ("Number", "2"),
        ("data centre", labs["zohocrm"].base_url),
        ("Client id", "1000.WRONG"),
        ("Client secret", "wrong"),
        ("Refresh token", "1000.wrong"),
        ("Try again", "n"),
    )
    with pytest.raises(MigrationError):
        set_up(person, "zohocrm")
    assert "data centre is another one" in person.said and "1000.wrong" not in person.said
    assert [source.crm for source in brokers.sources()] == []


def test_what_is_there_already_is_offered_and_used(
    at_home: MemoryKeyring, labs: dict[str, Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", labs["hubspot"].env["HUBSPOT_ACCESS_TOKEN"])
    person = Scripted(
        ("Number", "hub"),
        ("credential in the environment", ""),
        ("Seal", ""),
        ("Passphrase", PASSPHRASE),
        ("again", PASSPHRASE),
        ("Number", ""),
        ("Do it now", ""),
    )
    set_up(person)
    assert person.answers == [] and "remove it from the environment" in person.said
    assert not brokers.find_source("hubspot").plain


def test_the_command_is_the_same_conversation_and_wants_a_terminal(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "COLUMNS": "160", "LANG": "C.UTF-8"}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "sdrbot_skills", "setup"],
        cwd=str(tmp_path),
        env=environment,
        encoding="utf-8",
        timeout=60,
    )
    child.expect("Which CRM do you want to connect")
    child.expect("6  Zoho CRM")
    child.expect("Number")
    child.sendline("")
    child.expect("Nothing is connected")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_connection_is_forgotten_whole_after_asking(at_home: MemoryKeyring) -> None:
    """What `crm-migrate setup --forget hubspot` does at a terminal."""
    about = {"crm": "hubspot", "origin": "https://api.hubapi.com"}
    for name in ("hubspot", "hubspot" + brokers.READING, "other"):
        brokers.vault().seal(name, {"kind": "bearer", "token": "t"}, PASSPHRASE, about)
    kept = {"name": "hubspot", "credential": {"kind": "bearer", "token": "t"}, **about}
    for reading in (False, True):
        save_connection(ConnectionSpec.model_validate(kept), reading=reading)
    with pytest.raises(Refused, match="Nothing was forgotten"):
        forget_credentials("hubspot", Scripted(("Forget hubspot", "")))
    assert "hubspot" in brokers.vault().names()
    create_run("migrate", source="hubspot", target="other", target_account="Acme", environment="production", objects=[])
    person = Scripted(("Forget hubspot", "y"))
    forget_credentials("hubspot", person)
    assert brokers.vault().names() == ["other"] and [one.name for one in brokers.sources(reading=True)] == ["other"]
    assert "1 run of hubspot" in person.said and "revoke it there" in person.said


def test_a_credential_that_lies_elsewhere_is_not_forgotten(
    at_home: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-na1-x")
    for name, message in (("hubspot", "lies in the environment"), ("nobody", "Connected: hubspot")):
        with pytest.raises(ConfigurationError, match=message):
            forget_credentials(name, Scripted())
