"""What Pipedrive can do, as data. Figures: Pipedrive's guides "Rate limiting" and "Pagination" and the token costs of its API reference."""

from __future__ import annotations

from sdrbot_skills.crm.capabilities import Capabilities, LargerPlan, RateBudget

_NO_UPSERT = "Pipedrive has no upsert and no unique fields; the migration key is found by reading"

CAPABILITIES = Capabilities(
    crm="pipedrive",
    label="Pipedrive",
    page_size=500,
    counts_by_listing=True,
    get_batch=100,
    find_batch=100,
    # One record a call: Pipedrive has no batch writes.
    create_batch=1,
    update_batch=1,
    upsert_batch=1,
    delete_batch=1,
    link_batch=1,
    link_read_batch=20,
    custom_upsert_key=False,
    plain_migration_key=True,
    option_values="label",
    migration_key_field="migration_source_id",
    idempotent_link=True,
    looks_before_linking=True,
    # Lookups travel with their record; the people of a deal and the relations of an organization are a call each.
    inline_links=True,
    one_call_links=frozenset({"participants", "parent"}),
    # Tokens of one call of each kind.
    price_per_call={"read": 10, "get": 10, "find": 10, "create": 5, "update": 5, "delete": 3, "link": 10, "links": 10},
    # One seat of the smallest plan; the broker learns the account's own figures from the first answer.
    larger_plans=(
        LargerPlan(name="Growth", instead_of="Lite", rate=2, daily=2),
        LargerPlan(name="Ultimate", instead_of="Lite", rate=6, daily=7),
    ),
    rates=(
        RateBudget(name="two seconds", amount=20, seconds=2),
        RateBudget(name="search", amount=10, seconds=2, unit="searches"),
        RateBudget(name="day", amount=30_000, seconds=86_400, unit="tokens"),
    ),
    impossible={
        "test_results_are_matched_by_key_even_when_shuffled": _NO_UPSERT,
        "test_upsert_creates_once_and_then_updates": _NO_UPSERT,
        "test_the_same_key_twice_in_a_batch_hurts_nobody_else": _NO_UPSERT,
        "test_find_by_the_migration_key": _NO_UPSERT,
        "test_a_taken_unique_value_is_a_duplicate": _NO_UPSERT,
        "test_ten_thousand_records": _NO_UPSERT,
        "test_only_asked_for_fields_are_needed_and_all_of_them_come": "organizations have no telephone field",
    },
)
