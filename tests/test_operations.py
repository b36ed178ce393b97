"""The page of the vendors' operations says what is so."""

from pathlib import Path

import pytest

from tests import operations

PAGE = Path(__file__).parent.parent / "docs" / "operations.md"


def test_the_page_is_what_the_command_prints() -> None:
    assert PAGE.read_text(encoding="utf-8") == operations.page()


@pytest.mark.parametrize("crm", operations.LISTED)
def test_whatever_changes_something_can_be_rehearsed(crm: str) -> None:
    judged = operations.judge(crm)
    assert {one.kind for one in judged} <= {"read", "write", "link", "delete", "job", "schema", "never"}
    unanswered = [one.operation for one in judged if one.kind not in ("read", "never") and not one.answered]
    assert unanswered == []
