"""Tokens that brokers hand on to each other, while several write at once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdrbot_skills.broker import token_cache
from sdrbot_skills.broker.token_cache import KeptToken, keep, load

KEPT = KeptToken("token", "https://www.zohoapis.eu", time.time() + 3600, ["ZohoCRM.modules.ALL"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(token_cache, "user_cache_path", lambda _: tmp_path)
    return tmp_path / "tokens"


def test_a_token_is_found_by_its_secret_alone_and_old_ones_go(folder: Path) -> None:
    keep("old", KEPT)
    (old,) = folder.iterdir()
    os.utime(old, (1, 1))
    keep("mine", KEPT)
    assert load("mine") == KEPT
    assert load("yours") is None
    assert not old.exists()


def test_a_file_that_another_renames_meanwhile_is_no_trouble(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two accounts of one vendor in one broker: its start failed when both kept their tokens at the same moment."""
    listed = Path.iterdir

    def with_a_ghost(self: Path) -> Iterator[Path]:
        yield self / "another.part"
        yield from listed(self)

    monkeypatch.setattr(Path, "iterdir", with_a_ghost)
    keep("mine", KEPT)
    assert load("mine") == KEPT


def test_a_home_that_cannot_be_written_to_keeps_nothing(folder: Path) -> None:
    folder.write_text("in the way")
    keep("mine", KEPT)
    assert load("mine") is None
