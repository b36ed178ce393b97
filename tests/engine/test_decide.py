"""What an update leaves of lists that the target has."""

import pytest

from sdrbot_skills.engine.decide import joined


def folded(value: object) -> str:
    return "\n".join(sorted(str(one).lower() for one in value)) if isinstance(value, list) else str(value)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (["a@x.com"], ["b@x.com", "A@x.com"], ["a@x.com", "b@x.com"]),
        (["a@x.com"], None, ["a@x.com"]),
        ("a@x.com", "b@x.com", "a@x.com"),
        ([{"value": "a"}], [{"value": "b"}], [{"value": "a"}]),
        (None, ["b@x.com"], None),
    ],
)
def test_addresses_are_added_and_none_is_taken_away(ours: object, theirs: object, expected: object) -> None:
    assert joined(ours, theirs, folded) == expected


def test_a_normal_spelling_may_be_a_list() -> None:
    """So it is in Twenty, where a second run onto further addresses stopped with a `TypeError`."""
    assert joined(["B@x.com"], ["b@x.com", "c@x.com"], lambda value: sorted(one.lower() for one in value)) == [
        "B@x.com",
        "c@x.com",
    ]
