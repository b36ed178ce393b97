"""Filters in words."""

from datetime import date

import pytest

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.planning.filters import parse_filter
from sdrbot_skills.planning.survey import Survey, survey
from tests.planning import hubspot
from tests.planning.conftest import propose
from tests.planning.fakes import FakeCrm

TODAY = date(2026, 3, 18)


@pytest.fixture(scope="module")
def ours() -> Survey:
    return survey(hubspot.account(), ["contacts", "deals"], sample=False)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("created this year", [("createdate", ">=", "2025-12-31T23:00:00.000Z")]),
        ("changed last month", [("lastmodifieddate", ">=", "2026-01-31T23:00:00.000Z"), ("lastmodifieddate", "<", "2026-02-28T23:00:00.000Z")]),
        ("created in the last 90 days", [("createdate", ">=", "2025-12-17T23:00:00.000Z")]),
        ("since 2026-01-01", [("createdate", ">=", "2025-12-31T23:00:00.000Z")]),
        ("created before 2026-07-01", [("createdate", "<", "2026-06-30T22:00:00.000Z")]),
        ("created until 2026-01-31", [("createdate", "<", "2026-01-31T23:00:00.000Z")]),
        ("created in 2025", [("createdate", ">=", "2024-12-31T23:00:00.000Z"), ("createdate", "<", "2025-12-31T23:00:00.000Z")]),
        ("created after 2024", [("createdate", ">=", "2024-12-31T23:00:00.000Z")]),
        ("since 2024", [("createdate", ">=", "2023-12-31T23:00:00.000Z")]),
        ("created before 2024-12", [("createdate", "<", "2024-11-30T23:00:00.000Z")]),
        ("created until 2024-12", [("createdate", "<", "2024-12-31T23:00:00.000Z")]),
        ("in Germany", [("country", "=", "Germany")]),
        ("owned by ANN@acme.com", [("hubspot_owner_id", "=", "51")]),
        ("without owner", [("hubspot_owner_id", "unknown", None)]),
        ("lifecyclestage = Customer", [("lifecyclestage", "=", "customer")]),
        ("Lead score >= 10", [("lead_score", ">=", 10)]),
        ("email is known", [("email", "known", None)]),
        ("job title is empty", [("jobtitle", "unknown", None)]),
        ("tier in Gold, silver", [("tier", "in", ["gold", "silver"])]),
        ("createdate >= 2026-01-01", [("createdate", ">=", "2025-12-31T23:00:00.000Z")]),
        ("hs_email_optout = yes", [("hs_email_optout", "=", True)]),
    ],
)  # fmt: skip
def test_phrases_become_conditions(ours: Survey, phrase: str, expected: list[tuple[str, str, object]]) -> None:
    found = parse_filter(phrase, ours.schemas["contacts"], ours, TODAY)
    assert [(one.field, one.op.value, one.value) for one in found] == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("the good ones", "not understood.*created this year"),
        ("created after 2024-13", "not understood.*created this year"),
        ("created since 2024-02-30", "not understood.*created this year"),
        ("lifecyclestag = lead", "no field 'lifecyclestag'. Did you mean lifecyclestage"),
        ("lifecyclestage = prospect", "has no option 'prospect'. It has: Lead, Customer"),
        ("lead_score > many", "holds numbers"),
        ("owned by nobody@acme.com", "no user nobody@acme.com"),
    ],
)
def test_what_is_not_understood_says_what_would_be(ours: Survey, phrase: str, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        parse_filter(phrase, ours.schemas["contacts"], ours, TODAY)


def test_a_phrase_is_for_every_object_or_for_the_one_it_names(hub: FakeCrm, org: FakeCrm) -> None:
    plan = propose(hub, org, ["contacts", "deals"], "created this year", "contacts: tier = gold")
    assert [one.field for one in plan.objects["contacts"].filter] == ["createdate", "tier"]
    assert [one.field for one in plan.objects["deals"].filter] == ["createdate"]
