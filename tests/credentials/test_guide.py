"""What a person is told to give a credential, and what its lack prevents."""

from __future__ import annotations

from importlib import resources

import pytest

from sdrbot_skills.credentials.guide import guide_of
from sdrbot_skills.crm.registry import crm_names
from sdrbot_skills.errors import ConfigurationError


@pytest.mark.parametrize("crm", crm_names())
def test_every_crm_has_a_guide_that_lacks_nothing_once_followed(crm: str) -> None:
    guide = guide_of(crm)
    assert guide.refused and guide.safer
    for way in guide.ways:
        assert guide.missing(way, guide.scopes(way)) == []
        assert guide.missing(way, guide.scopes(way, reading_only=True), reading_only=True) == []
        if way.oauth is not None:
            assert any("{callback}" in step for step in way.steps)
        writing = {right.writing for right in guide.rights if right.writing}
        assert not writing & set(guide.scopes(way, reading_only=True))


@pytest.mark.parametrize(
    ("crm", "granted", "prevents"),
    [
        ("hubspot", "-crm.objects.deals.write", ["Deals cannot be written: a source, never a target."]),
        ("hubspot", "-communication_preferences.read_write", ["Opt-outs from e-mail cannot be recorded here."]),
        ("zohocrm", "ZohoCRM.modules.READ ZohoCRM.settings.ALL ZohoCRM.users.ALL ZohoCRM.org.ALL ZohoCRM.coql.READ"
         " ZohoCRM.bulk.ALL ZohoFiles.files.ALL",
         ["Records cannot be written: a source, never a target."]),
        ("attio", "object_configuration:read record_permission:read-write user_management:read-write",
         ["No field can be made, so no migration key."]),
    ],
)  # fmt: skip
def test_a_missing_scope_says_what_it_prevents(crm: str, granted: str, prevents: list[str]) -> None:
    guide = guide_of(crm)
    way = guide.ways[0]
    have = set(guide.scopes(way)) - {granted[1:]} if granted.startswith("-") else set(granted.split())
    assert [one.prevents for one in guide.missing(way, have)] == prevents


def test_the_console_of_zoho_takes_scopes_with_commas_however_one_connects() -> None:
    assert {(way.oauth or way).separator for way in guide_of("zohocrm").ways} == {","}


def test_a_name_that_is_no_crm_reads_no_file() -> None:
    for name in ("nonsense", "../hubspot", "hubspot/../hubspot"):
        with pytest.raises(ConfigurationError, match="no CRM called"):
            guide_of(name)
    assert resources.files("sdrbot_skills").joinpath("crm", "hubspot", "connecting.yaml").is_file()
