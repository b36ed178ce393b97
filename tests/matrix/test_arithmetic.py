"""The fewest calls, by hand."""

from __future__ import annotations

from collections import Counter

from sdrbot_skills.lab.plain.account import Row
from sdrbot_skills.matrix.arithmetic import counted
from sdrbot_skills.matrix.judge import Case
from sdrbot_skills.matrix.starts import STARTS, least_start
from sdrbot_skills.matrix.tables import LABELS
from sdrbot_skills.matrix.walk import Went
from tests.matrix.test_judge import Held

RECORDS: dict[str, dict[str, Row]] = {
    kind: {f"{kind}{n}": {"name": str(n)} for n in range(250)} for kind in ("companies", "contacts", "deals")
}
LINKS = {
    "contacts.company": {(f"contacts{n}", "companies0") for n in range(250)},
    "deals.contacts": {(f"deals{n}", f"contacts{n + more}") for n in range(240) for more in (0, 1)},
    "companies.parent": {("companies1", "companies0")},
}


class HubSpotLike(Held):
    crm = "hubspot"


class SalesforceLike(Held):
    crm = "salesforce"


class TwentyLike(Held):
    crm = "twenty"


class ZohoLike(Held):
    crm = "zohocrm"


class PipedriveLike(Held):
    crm = "pipedrive"


def least(source: type[Held], target: type[Held]) -> int:
    went = Went("run", {}, {}, calls={"default": Counter({"GET /x": 3}), "target": Counter({"POST /y": 4})})
    calls = counted(Case(source(RECORDS, LINKS), target(RECORDS, LINKS), {}, {}, {}), went)
    assert (calls.total, calls.routes) == (7, {"target POST /y": 4, "default GET /x": 3})
    return calls.least - least_start(source.crm, target.crm)


def test_pages_batches_and_links() -> None:
    pages, one_page = 3 * 3 + 3, 3  # HubSpot's parents: a batch of 100 companies each
    assert least(HubSpotLike, SalesforceLike) == pages + 3 * 2 + 3 + 1  # 480 roles by 200, one update of a parent
    assert least(SalesforceLike, HubSpotLike) == one_page + 1 + 3 * 3 + 3  # a page of roles; three kinds of links
    assert (
        least(PipedriveLike, HubSpotLike) == one_page + 1 + 250 + 250 + 3 * 3 + 3
    )  # archived deals; participants and relations one by one
    assert (
        least(SalesforceLike, TwentyLike) == one_page + 1 + 3 * 2 + 3 + 2 * 2
    )  # the bins; who holds domains and e-mails
    assert least(SalesforceLike, ZohoLike) == one_page + 1 + 3 * 3 + 1 + 240 + 1  # roles, deal by deal; one parent
    among_themselves = (
        2 * 3 + 1 + 2 * 3
    )  # batches read of two kinds, one written, the types of three kinds on both sides
    assert least(HubSpotLike, HubSpotLike) == pages + 3 * 3 + 3 + among_themselves
    assert least(HubSpotLike, PipedriveLike) == pages + 750 + 240 + 1  # the first person of a deal is a field of it


def test_a_start_is_counted_once_a_side() -> None:
    assert STARTS.keys() == LABELS.keys()
    ours, theirs = STARTS["hubspot"], STARTS["salesforce"]
    assert (
        least_start("hubspot", "salesforce")
        == ours.answers + ours.schema + theirs.answers + theirs.schema + theirs.empty
    )
    assert least_start("salesforce", "hubspot") - least_start("hubspot", "salesforce") == ours.empty - theirs.empty
