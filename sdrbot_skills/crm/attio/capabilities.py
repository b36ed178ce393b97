"""What Attio can do, as data. Figures: Attio's pages "Rate limiting", "Pagination" and "Attribute types"."""

from __future__ import annotations

from sdrbot_skills.crm.capabilities import Capabilities, RateBudget

CAPABILITIES = Capabilities(
    crm="attio",
    label="Attio",
    page_size=500,
    counts_by_listing=True,
    get_batch=100,
    find_batch=50,
    # There is no batch write: one call a record, 25 a second.
    create_batch=1,
    update_batch=1,
    upsert_batch=1,
    delete_batch=1,
    # All links of a record that start in one attribute go by one call; what comes together is grouped.
    link_batch=100,
    linked_by_record=True,
    link_read_batch=100,
    # Deals and custom objects take a unique text attribute. People and companies may not: the key is then looked up before it is written, and
    # the field itself says so (`Field.upsert_key`).
    custom_upsert_key=True,
    plain_migration_key=True,
    option_values="label",
    unlink_by_update=True,
    migration_key_field="migration_source_id",
    idempotent_link=True,
    inline_links=True,
    rates=(
        # 100 calls and 25 writes a second, told by ten seconds.
        RateBudget(name="calls", amount=1000, seconds=10),
        RateBudget(name="writes", amount=250, seconds=10),
    ),
    impossible={
        "test_one_bad_row_does_not_sink_its_neighbours": "Attio documents no length limit that a name could break",
        "test_ten_thousand_records": "Attio writes one record a call, which makes ten thousand a matter of minutes",
    },
)
