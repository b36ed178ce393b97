"""Refresh tokens that the vendor replaces at each use: the new one is kept before the access token is used, wherever the old one came from."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import keyring
import pytest

from sdrbot_skills.broker.tokens import TokenRefused, TokenSource
from sdrbot_skills.broker.upstream import open_session
from sdrbot_skills.credentials.model import ConnectionSpec, RefreshToken
from sdrbot_skills.lab.processes import Emulator, running
from tests.credentials.conftest import MemoryKeyring

STORE = {"service": "sdrbot_salesforce", "username": "oauth_token"}


@pytest.fixture(scope="module")
def salesforce() -> Iterator[Emulator]:
    with running("salesforce") as emulator:
        emulator.control("rotation", on=True)
        yield emulator


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "crm-migrate" / "rotated"


@pytest.fixture
def memory_keyring() -> Iterator[MemoryKeyring]:
    before, made = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def refresh(salesforce: Emulator) -> str:
    """A refresh token as a sign-in gives it."""
    claims = {"iss": salesforce.env["SF_CLIENT_ID"], "sub": "integration", "exp": "9999999999"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": f"e30.{payload}.c2ln"}
    answer = httpx.post(f"{salesforce.base_url}/services/oauth2/token", data=form, trust_env=False)
    return str(answer.json()["refresh_token"])


def connection(lab: Emulator, refresh: str, **more: object) -> ConnectionSpec:
    credential = RefreshToken.model_validate(
        {
            "client_id": lab.env["SF_CLIENT_ID"],
            "client_secret": lab.env["SF_CLIENT_SECRET"],
            "refresh_token": refresh,
            **more,
        }
    )
    return ConnectionSpec(name="salesforce", crm="salesforce", origin=lab.base_url, credential=credential)


def tokens(*specs: ConnectionSpec) -> list[str]:
    """What each gets as an access token, all at once."""

    async def ask() -> list[str]:
        async with open_session() as session:
            return await asyncio.gather(*(TokenSource(spec, session).token() for spec in specs))

    return asyncio.run(ask())


def test_a_later_process_finds_the_token_that_replaced_its_own(salesforce: Emulator, refresh: str, data: Path) -> None:
    spec = connection(salesforce, refresh)
    first, second, third = (tokens(spec)[0] for _ in range(3))
    assert len({first, second, third}) == 3
    (kept,) = data.glob("[0-9a-f]*[!k]")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert refresh.encode() not in kept.read_bytes() and b"5Aep861" not in kept.read_bytes()


def test_two_that_renew_at_once_do_not_spend_the_same_token(salesforce: Emulator, refresh: str) -> None:
    spec = connection(salesforce, refresh)
    assert len(set(tokens(spec, spec, spec))) == 3


def test_sdrbots_entry_is_written_back_and_read_anew(
    salesforce: Emulator, refresh: str, memory_keyring: MemoryKeyring
) -> None:
    memory_keyring.entries[STORE["service"], STORE["username"]] = json.dumps({"refresh_token": refresh, "org": "x"})
    spec = connection(salesforce, refresh, store=STORE)
    tokens(spec)
    entry = json.loads(memory_keyring.entries[STORE["service"], STORE["username"]])
    assert entry["refresh_token"] != refresh and entry["org"] == "x"
    assert tokens(spec)


def test_a_token_that_cannot_be_kept_is_not_used(
    salesforce: Emulator, refresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TokenRefused, match="could not be written to"):
        tokens(connection(salesforce, refresh))


def test_a_place_that_cannot_be_written_is_found_out_before_anything_is_asked(
    salesforce: Emulator, refresh: str, data: Path
) -> None:
    data.parent.mkdir()
    data.touch()
    before = salesforce.counters().get("requests/POST /services/oauth2/token")
    with pytest.raises(TokenRefused, match="cannot be written"):
        tokens(connection(salesforce, refresh))
    assert salesforce.counters().get("requests/POST /services/oauth2/token") == before
    data.unlink()
    assert tokens(connection(salesforce, refresh)) and os.access(data, os.W_OK)


def test_what_was_granted_is_known_from_the_token_answer(salesforce: Emulator, refresh: str) -> None:
    async def ask() -> list[str] | None:
        async with open_session() as session:
            source = TokenSource(connection(salesforce, refresh), session)
            assert source.scopes is None
            await source.token()
            return source.scopes

    assert asyncio.run(ask()) == ["api", "refresh_token"]
