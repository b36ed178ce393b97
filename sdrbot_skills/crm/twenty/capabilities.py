"""What Twenty can do, as data. Figures: Twenty's page "APIs" and a server of version 2.21."""

from __future__ import annotations

from sdrbot_skills.crm.capabilities import Capabilities, RateBudget

BATCH = 200
"""Rows of a page and of a batch; the vendor promises 60, servers from 2.2x on take 200 and say so in their OpenAPI document."""

IDS_IN_A_URL = 100
"""A request line holds 16 KiB, and a deletion names its ids twice."""

CAPABILITIES = Capabilities(
    crm="twenty",
    label="Twenty",
    page_size=BATCH,
    get_batch=BATCH,
    find_batch=100,
    create_batch=BATCH,
    update_batch=BATCH,
    upsert_batch=BATCH,
    delete_batch=IDS_IN_A_URL,
    link_batch=BATCH,
    link_read_batch=BATCH,
    # E-mail and domain can address an upsert too, but then an upsert silently takes over a record it was not meant for; see `writing`.
    custom_upsert_key=True,
    migration_key_field="migrationSourceId",
    alternate_keys={"people": {"emails": ("emails.additionalEmails",)}},
    idempotent_link=True,
    inline_links=True,
    option_values="upper_snake",
    rates=(RateBudget(name="minute", amount=100, seconds=60),),
    impossible={
        "test_one_bad_row_does_not_sink_its_neighbours": "Twenty sets texts no limit of length that a name could break",
        "test_options_are_added_to_those_there": "Twenty takes upper case only as the value of an option",
        "test_more_links_than_a_page_shows": "an opportunity has one point of contact",
    },
)
