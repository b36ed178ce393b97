"""The forecast is arithmetic: records over batch sizes, calls over rates, days over daily allowances."""

import math

import pytest

from sdrbot_skills.crm.capabilities import BulkLane, Capabilities, RateBudget
from sdrbot_skills.crm.registry import capabilities
from sdrbot_skills.model.plan import Lane, Limits, Plan
from sdrbot_skills.model.results import DryRunResult, Forecast, ObjectCounts
from sdrbot_skills.model.schema import Allowance
from sdrbot_skills.planning.forecast import calculate, forecast
from tests.planning import salesforce
from tests.planning.conftest import propose
from tests.planning.fakes import FakeCrm

COUNTS = DryRunResult(
    counts={
        "companies": ObjectCounts(read=20_000, create=20_000),
        "contacts": ObjectCounts(read=100_000, create=90_000, update=10_000),
        "deals": ObjectCounts(read=30_000, create=30_000),
    },
    link_counts={"deals": {"OpportunityContactRole": 45_000, "AccountId": 30_000}, "contacts": {"AccountId": 100_000}},
)


def calls(plan: Plan, found: DryRunResult = COUNTS, there: dict[str, int] | None = None, **changes: object) -> Forecast:
    ours, theirs = capabilities("hubspot"), capabilities("salesforce").model_copy(update=changes)
    links = {
        name: [link for link in salesforce.LINKS if link.object == name]
        for name in ("Contact", "Opportunity", "Account")
    }
    return calculate(plan, found, ours, theirs, links, target_counts=there)


def test_reading_is_pages_and_links_inside_them_cost_nothing(plan: Plan) -> None:
    assert calls(plan).source.calls == {"read companies": 200, "read contacts": 1000, "read deals": 300}


def test_a_large_object_is_read_by_a_job_and_the_person_is_told(plan: Plan) -> None:
    made = calculate(plan, COUNTS, capabilities("salesforce"), capabilities("hubspot"), {})
    assert made.source.calls["read contacts by a job"] == 1 + 10
    assert any("read by query jobs, in the dry run too" in note for note in made.notes)
    plan.limits = Limits(lane="collections")
    made = calculate(plan, COUNTS, capabilities("salesforce"), capabilities("hubspot"), {})
    assert made.source.calls["read contacts"] == 50
    assert not any("query jobs" in note for note in made.notes)


def test_links_that_pages_do_not_carry_cost_a_call_a_page(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    apart = {("deals", link.source) for link in plan.objects["deals"].links}
    assert apart
    made = calculate(plan, COUNTS, hub.capabilities, org.capabilities, {}, read_apart=apart)
    assert made.source.calls["read links of deals"] == len(apart) * 300


def test_writing_is_batches_and_links_that_are_fields_cost_nothing(plan: Plan) -> None:
    made = calls(plan, bulk_write=None).target.calls
    assert made["write Account"] == 100
    assert made["write Contact"] == 450 and made["update Contact"] == 50
    assert made["link Opportunity by OpportunityContactRole"] == 225
    assert not any("AccountId" in kind for kind in made)
    assert made["look up Contact by Email"] == math.ceil(100_000 / 300)


def test_bulk_jobs_are_counted_where_the_target_has_them(plan: Plan) -> None:
    lane = BulkLane(rows_per_job=10_000, calls_per_job=4, worth_from=2_000)
    made = calls(plan, bulk_write=lane).target.calls
    assert made["write Account by jobs"] == 8 and made["write Contact by jobs"] == 36
    assert made["link Opportunity by OpportunityContactRole"] == 20
    plan.limits = Limits(lane="collections")
    by_calls = calls(plan, bulk_write=lane).target.calls
    assert (by_calls["write Contact"], by_calls["link Opportunity by OpportunityContactRole"]) == (450, 225)


def test_a_large_move_takes_hardly_more_calls_than_the_least_possible(plan: Plan) -> None:
    """1,500 list pages; and the fewest jobs, which take four calls each: two of contacts, one of companies, deals and contact roles each."""
    empty = dict.fromkeys(("Account", "Contact", "Opportunity"), 0)
    fresh = COUNTS.model_copy(
        update={"counts": COUNTS.counts | {"contacts": ObjectCounts(read=100_000, create=100_000)}}
    )
    found = calls(plan, found=fresh, there=empty)
    assert found.source.total_calls + found.target.total_calls <= 1.05 * 1536


def test_nothing_is_looked_up_where_nothing_is_and_keys_are_read_where_that_is_cheaper(plan: Plan) -> None:
    def matching(there: int) -> dict[str, int]:
        made = calls(plan, there={"Contact": there}).target.calls
        return {
            kind: number for kind, number in made.items() if "Contact" in kind and ("look" in kind or "read" in kind)
        }

    assert matching(0) == {}
    assert matching(30_000) == {"read the keys of Contact": 1 + 3 + 15}
    assert set(matching(10_000_000)) == {
        "look up Contact by Email",
        f"look up Contact by {plan.objects['contacts'].migration_key}",
    }


def test_a_rest_too_small_for_a_job_goes_by_calls() -> None:
    lane = BulkLane(rows_per_job=50_000, calls_per_job=6, worth_from=2_000)
    assert [lane.calls(records, 200, "auto") for records in (2_000, 10_000, 11_000, 12_000)] == [6, 6, 11, 12]
    assert [lane.rows(records) for records in (2_000, 100_000, 1_000_000)] == [10_000, 25_000, 50_000]


@pytest.mark.parametrize(
    ("records", "lane", "jobs", "by_call", "credits"),
    [(4_999, "auto", 0, 50, 500), (26_000, "auto", 3, 10, 602), (30_000, "auto", 6, 0, 1_004), (30_000, "collections", 0, 300, 3_000)],
)  # fmt: skip
def test_what_zohos_jobs_cost_and_leave_open_is_said_where_there_are_any(
    plan: Plan, records: int, lane: Lane, jobs: int, by_call: int, credits: int
) -> None:
    plan.limits = Limits(lane=lane)
    found = DryRunResult(counts={"contacts": ObjectCounts(create=records)})
    made = calculate(plan, found, capabilities("hubspot"), capabilities("zohocrm"), {}, target_counts={"Contact": 0})
    written = {name: number for name, number in made.target.calls.items() if name.startswith("write Contact")}
    every = {"write Contact by jobs": jobs, "write Contact": by_call}
    assert written == {name: number for name, number in every.items() if number}
    assert made.target.spend == pytest.approx(credits)
    assert any("workflows" in note for note in made.notes) == bool(jobs)


def test_seconds_follow_from_the_rate_and_the_share_we_may_use(plan: Plan) -> None:
    plan.limits = Limits(share=0.5)
    # 1,500 calls at half of 100 in ten seconds; the search limit of one second is the broker's affair.
    assert calls(plan).source.seconds == 1500 / 5


def test_days_count_what_is_left_today_first(plan: Plan, hub: FakeCrm) -> None:
    tight = salesforce.organisation()
    left = (Allowance(name="DailyApiRequests", unit="calls", limit=1_000, remaining=100),)
    found = forecast(plan, COUNTS, hub, tight, (), left)
    total, share = found.target.total_calls, plan.limits.share
    assert found.target.calendar_days == math.ceil((total - 100 * share) / (1_000 * share))
    assert found.calendar_days == found.target.calendar_days
    assert any("pauses and goes on by itself" in note for note in found.notes)


def test_opt_outs_that_take_a_call_each_are_counted(hub: FakeCrm, org: FakeCrm) -> None:
    plan = propose(org, hub, ["leads"])
    found = DryRunResult(counts={"leads": ObjectCounts(read=10, create=10)}, opt_outs={"leads": 7})
    made = calculate(plan, found, capabilities("salesforce"), capabilities("hubspot"), {})
    assert made.target.calls["opt-outs"] == 7


def test_without_known_limits_nothing_is_made_up(plan: Plan) -> None:
    free = Capabilities(**{**capabilities("hubspot").model_dump(), "rates": ()})
    made = calculate(plan, COUNTS, free, free, {})
    assert made.source.seconds == 0 and made.source.allowance_left is None
    assert RateBudget(name="x", amount=1, seconds=1).unit == "calls"


def test_days_are_counted_in_what_the_allowance_is_counted_in(plan: Plan) -> None:
    """Tokens: ten a page read, five a record written."""
    day = RateBudget(name="day", amount=30_000, seconds=86_400, unit="tokens")
    made = calls(plan, bulk_write=None, rates=(day,), price_per_call={"create": 5, "update": 5, "find": 10, "link": 10})
    lane, share = made.target, plan.limits.share
    written = 5 * sum(number for kind, number in lane.calls.items() if kind.startswith(("write", "update")))
    others = 10 * sum(number for kind, number in lane.calls.items() if kind.startswith(("look up", "link")))
    assert (lane.unit, lane.spend, lane.allowance_left) == ("tokens", written + others, 30_000)
    tight = calls(plan, bulk_write=None, rates=(day.model_copy(update={"amount": 1_000}),), price_per_call={"find": 10})
    assert tight.target.calendar_days == math.ceil((tight.target.spend - 1_000 * share) / (1_000 * share))


def test_links_that_cost_a_call_for_each_record_are_counted_so(plan: Plan) -> None:
    made = calls(plan, bulk_write=None, one_call_links=frozenset({"OpportunityContactRole"})).target.calls
    assert made["link Opportunity by OpportunityContactRole"] == 30_000
    assert calls(plan, bulk_write=None, linked_by_record=True).target.calls == made


def test_what_another_lane_or_a_larger_plan_would_change_is_reckoned(plan: Plan) -> None:
    made = calls(plan)
    by_change = {one.change: one for one in made.alternatives}
    lane = by_change["always by calls (`limits.lane: collections`)"]
    assert lane.kind == "lane" and lane.calls > made.source.total_calls + made.target.total_calls
    assert lane.batches == sum(
        n for kind, n in calls_of("collections", plan).items() if not kind.startswith(("look", "read"))
    )
    larger = by_change["HubSpot: Professional instead of Starter"]
    assert larger.calls == made.source.total_calls + made.target.total_calls
    assert larger.seconds == pytest.approx(made.source.seconds / 1.9, abs=0.2)
    assert plan.limits.lane == "auto", "the plan itself is left as it is"


def calls_of(lane: Lane, plan: Plan) -> dict[str, int]:
    other = plan.model_copy(update={"limits": Limits(lane=lane)})
    return calls(other).target.calls


def test_a_larger_plan_makes_days_of_a_long_run_fewer(hub: FakeCrm) -> None:
    source = capabilities("pipedrive")
    plan = propose(hub, salesforce.organisation(), ["contacts"])
    told = [Allowance(name="day", unit="tokens", limit=30_000, remaining=10_000)]
    found = DryRunResult(counts={"contacts": ObjectCounts(read=100_000, create=100_000)})
    made = calculate(plan, found, capabilities("attio"), source, {}, target_allowances=told)
    growth, ultimate = (one for one in made.alternatives if one.change.startswith("Pipedrive"))
    assert made.calendar_days > growth.calendar_days > ultimate.calendar_days >= 1
    assert growth.seconds < made.seconds and growth.calls == made.source.total_calls + made.target.total_calls
    assert any("Growth instead of Lite" in note and "days on the calendar" in note for note in made.notes)


def test_a_short_run_is_not_talked_about(plan: Plan) -> None:
    few = DryRunResult(counts={"companies": ObjectCounts(read=200, create=200)})
    assert not [note for note in calls(plan, few).notes if note.startswith("With ")]


def test_a_record_without_a_value_is_not_looked_up_by_it(plan: Plan) -> None:
    """The dry run has looked up with the same calls; a field that was not there yet is reckoned for every record."""
    found = COUNTS.model_copy(update={"look_ups": {"contacts": {"Email": 7}}})
    made = calls(plan, found, there={"Contact": 10_000_000}).target.calls
    assert made["look up Contact by Email"] == 7
    assert made[f"look up Contact by {plan.objects['contacts'].migration_key}"] > 7
    nothing = COUNTS.model_copy(update={"look_ups": {"contacts": {"Email": 0}}})
    assert "look up Contact by Email" not in calls(plan, nothing, there={"Contact": 10_000_000}).target.calls
