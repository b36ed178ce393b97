"""What this adapter can do on Zoho CRM, as data.

Sizes: API v8 "Insert Records", "Upsert Records" (100 records); COQL (2,000 rows, 50 values of an `in`); ids in an address are kept to 1,000
characters. The credits of a day are those of the Standard edition without users; nothing tells what is left of them.

Zoho's own upsert goes by every unique field of a module, whatever it is asked to go by, and would overwrite a record that holds a row's value in
another unique field. So new records are inserted, by calls and by jobs (`writing.py`, `bulk_write.py`): an insert refuses such a row and names the record.
"""

from __future__ import annotations

from collections.abc import Collection

from sdrbot_skills.crm.capabilities import BulkLane, Capabilities, LargerPlan, RateBudget, ReadLane

FOR_JOBS = frozenset({"ZohoCRM.bulk.ALL", "ZohoFiles.files.ALL"})
"""The scopes without which nothing is written by jobs; the second is for their files (OpenAPI v8 "upload")."""

CAUTION = (
    "Zoho's bulk jobs have no switch for automations, as its calls have, and Zoho does not say whether workflows, approvals and blueprints react to "
    "what a job writes: switch them off for the time of the run, or have everything written by calls (`limits.lane: collections`). "
    "A field that only a layout demands is not demanded of a job."
)

CAPABILITIES = Capabilities(
    crm="zohocrm",
    label="Zoho CRM",
    page_size=2000,
    get_batch=50,
    find_batch=100,
    create_batch=100,
    update_batch=100,
    upsert_batch=100,
    delete_batch=50,
    link_batch=100,
    link_read_batch=100,
    # Email, Account_Name and Deal_Name can address an upsert too, but are not unique: the oldest record of that name would be overwritten.
    custom_upsert_key=True,
    migration_key_field="CRM_Migration_Key",
    alternate_keys={"Contacts": {"Email": ("Secondary_Email",)}, "Leads": {"Email": ("Secondary_Email",)}},
    idempotent_link=True,
    inline_links=True,
    one_call_links=frozenset({"Contact_Roles"}),
    longest_field_name=25,
    # A job costs 50 credits for up to 200,000 records, which is what seventeen queries cost; queries of so many cost 300.
    bulk_read=ReadLane(rows_per_call=200_000, calls_per_job=17, worth_from=50_000),
    # A job costs 500 credits, as writing 5,000 records by calls does ("Bulk Write", "Limitations": 25,000 rows, 200 columns, 25 MB); so as few as can be.
    bulk_write=BulkLane(
        rows_per_job=25_000,
        least_rows=25_000,
        calls_per_job=3,
        worth_from=5_000,
        bytes_per_job=18_000_000,
        columns_per_job=200,
        caution=CAUTION,
    ),
    # A batch of 100 written costs 10 credits, a query of 2,000 rows 3.
    price_per_call={
        "read": 3,
        "get": 1,
        "find": 1,
        "create": 10,
        "update": 10,
        "delete": 1,
        "link": 1,
        "links": 1,
        "job": 502 / 3,
    },
    larger_plans=(LargerPlan(name="Enterprise with 50 users", instead_of="the least of 50,000 credits", daily=2),),
    rates=(
        # Ten heavy calls at once at about a second each; Zoho names no rate.
        RateBudget(name="calls a minute", amount=600, seconds=60),
        RateBudget(name="credits a day", unit="credits", amount=50_000, seconds=86_400),
    ),
)


def capabilities_for(scopes: Collection[str] | None) -> Capabilities:
    """What a credential with these scopes can do; `None`: nobody knows them."""
    if scopes is None or set(scopes) >= FOR_JOBS:
        return CAPABILITIES
    return CAPABILITIES.model_copy(update={"bulk_write": None})
