"""What this adapter can do on Salesforce, as data.

Sizes: REST API Developer Guide, "sObject Collections" (200 written, 2,000 retrieved by POST); SOQL pages hold up to 2,000 records. Look-ups are
bounded by the length of a URL. Bulk API 2.0 is meant for more than 2,000 records (Bulk API 2.0 Developer Guide); a part of a query job's result
could hold 50,000 rows, but one that a slow target has not taken within the broker's patience would have to be fetched again. Requests a day: the
Enterprise allowance without licences; `preflight` reads the account's own.
"""

from __future__ import annotations

from sdrbot_skills.crm.capabilities import BulkLane, Capabilities, RateBudget, ReadLane

READ_LANE = ReadLane(rows_per_call=10_000, calls_per_job=1, worth_from=20_000)

CAPABILITIES = Capabilities(
    crm="salesforce",
    label="Salesforce",
    page_size=2000,
    get_batch=2000,
    find_batch=300,
    create_batch=200,
    update_batch=200,
    upsert_batch=200,
    delete_batch=200,
    link_batch=200,
    link_read_batch=400,
    custom_upsert_key=True,
    migration_key_field="CRM_Migration_Key__c",
    idempotent_link=True,
    looks_before_linking=True,
    inline_links=True,
    bulk_write=BulkLane(rows_per_job=50_000, calls_per_job=4, worth_from=2_000),
    job_links=frozenset({"OpportunityContactRole"}),
    bulk_read=READ_LANE,
    rates=(RateBudget(name="requests a day", amount=100_000, seconds=86_400),),
)
