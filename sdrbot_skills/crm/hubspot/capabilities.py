"""What HubSpot can do, as data. Figures: HubSpot's API guides "Usage guidelines", "Objects", "Associations" and "Search the CRM"."""

from __future__ import annotations

from sdrbot_skills.crm.capabilities import Capabilities, LargerPlan, RateBudget

CAPABILITIES = Capabilities(
    crm="hubspot",
    label="HubSpot",
    page_size=100,
    get_batch=100,
    find_batch=100,
    create_batch=100,
    update_batch=100,
    upsert_batch=100,
    delete_batch=100,
    link_batch=2000,
    link_read_batch=1000,
    # `email` can address an upsert too, but HubSpot's guide restricts that ("partial upserts"), so it is matched and updated instead.
    custom_upsert_key=True,
    migration_key_field="migration_source_id",
    alternate_keys={"contacts": {"email": ("hs_additional_emails",)}},
    # HubSpot derives it from the address's subscriptions and refuses it in a payload.
    opt_out_fields={"contacts": "hs_email_optout"},
    idempotent_link=True,
    inline_links=True,
    # The smallest plan; the broker learns the account's own figures from the first answer.
    larger_plans=(LargerPlan(name="Professional", instead_of="Starter", rate=1.9, daily=2.5),),
    rates=(
        RateBudget(name="ten seconds", amount=100, seconds=10),
        RateBudget(name="search", amount=5, seconds=1),
        RateBudget(name="day", amount=250_000, seconds=86_400),
    ),
    impossible={},
)
