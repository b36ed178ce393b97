"""Keys and passwords in the wrong place go nowhere."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from sdrbot_skills.agent.conversation import Conversation
from sdrbot_skills.agent.prompt import CarefulHistory
from sdrbot_skills.agent.typed_secrets import looks_secret

JUMBLE = "a1b2c3d4e5" * 4
SECRETS = [
    "pat-na1-11aa22bb-33cc-44dd-55ee-66ff77aa88bb",
    "here it is: 1000.f41e26506dba78a6b0c4c63056191e9f.10be0598ad3f9455f2c2caa884aaac16",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij",
    JUMBLE,
    "/setup pat-eu1-11aa22bb-33cc-44dd-55ee-66ff77aa88bb",
    "my password is hunter2hunter2",
    "api key: 0123456789abcdef",
]
HARMLESS = [
    "migrate contacts from Zoho to Pipedrive, only those in Germany",
    "20261123-020520-4a9d",
    "owned by ann.of.the.long.name@a-very-long-company-name.example",
    f"show field {JUMBLE} of persons",
    "hubspot_admin_list_association_labels from_object=contacts to_object=companies",
    "files/plans/zohocrm-to-pipedrive-1.yaml",
    "key",
    "make the migration key",
    "a = b; c = d",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_known(text: str) -> None:
    assert looks_secret(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_people_say_is_none(text: str) -> None:
    assert not looks_secret(text)


class Graph:
    """Nothing may reach it."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the graph was asked for {name}")


def test_it_reaches_neither_the_model_nor_the_session_nor_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_MIGRATE_HOME", str(tmp_path))
    console, history = Console(file=io.StringIO(), width=200), CarefulHistory(str(tmp_path / "history"))
    talk = Conversation(Graph(), "s", console, masked=True)  # type: ignore[arg-type]
    for text in SECRETS:
        assert talk.turn(text)
        history.store_string(text)
    history.store_string("status")
    assert "not kept" in console.file.getvalue()  # type: ignore[attr-defined]
    kept = (tmp_path / "history").read_text()
    assert "status" in kept and not any(text in kept for text in SECRETS)
