"""The hosts of one connection: the account's own, and those that the policy names for its data centre; no other, and never one of another's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sdrbot_skills.broker.policy import load_policy
from sdrbot_skills.broker.upstream import UnsafeOrigin, Upstream, settle_origin
from sdrbot_skills.credentials.model import BearerToken, ConnectionSpec

CENTRES = [
    ("https://www.zohoapis.com", "content.zohoapis.com", "download-accl.zoho.com"),
    ("https://www.zohoapis.eu", "content.zohoapis.eu", "download-accl.zoho.eu"),
    ("https://www.zohoapis.in", "content.zohoapis.in", "download-accl.zoho.in"),
    ("https://www.zohoapis.com.au", "content.zohoapis.com.au", "download-accl.zoho.com.au"),
    ("https://www.zohoapis.jp", "content.zohoapis.jp", "download-accl.zoho.jp"),
    ("https://www.zohoapis.ca", "upload.zohocloud.ca", "download-accl.zohocloud.ca"),
    ("https://www.zohoapis.sa", "files.zoho.sa", "download-accl.zoho.sa"),
    ("https://www.zohoapis.com.cn", "content.zohoapis.com.cn", "download-accl.zoho.com.cn"),
    ("https://sandbox.zohoapis.eu", "content.zohoapis.eu", "download-accl.zoho.eu"),
]


def settled(crm: str, origin: str, answered: str | None) -> Upstream:
    """An upstream whose token answer names this origin."""
    spec = ConnectionSpec(name="mine", crm=crm, role="target", origin=origin, credential=BearerToken(token="t" * 20))  # type: ignore[arg-type]  # pydantic takes the text
    upstream = Upstream(spec, load_policy(crm), cast("Any", SimpleNamespace(instance_url=answered)), cast("Any", None))
    settle_origin(upstream)
    return upstream


@pytest.mark.parametrize(("api", "files", "results"), CENTRES)
def test_each_data_centre_has_its_three_hosts(api: str, files: str, results: str) -> None:
    found = settled("zohocrm", "https://accounts.zoho.com", api)
    own = api.removeprefix("https://")
    assert found.hosts == {own: "", files: "upload", results: "download"}
    assert found.origins == {"": api, "upload": f"https://{files}", "download": f"https://{results}"}


def test_a_practice_crm_has_them_all_at_its_one_address() -> None:
    found = settled("zohocrm", "http://127.0.0.1:9", "http://127.0.0.1:9")
    assert set(found.origins.values()) == {"http://127.0.0.1:9"}
    assert set(found.hosts.values()) == {"", "upload", "download"}


def test_a_host_of_nobodys_is_refused_and_others_have_one_host() -> None:
    with pytest.raises(UnsafeOrigin):
        settled("zohocrm", "https://accounts.zoho.com", "https://www.zohoapis.com.evil.example")
    assert set(settled("hubspot", "https://api.hubapi.com", None).hosts.values()) == {""}
