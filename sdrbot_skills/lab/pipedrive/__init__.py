"""Pipedrive as an emulator: v2 for records and their fields, v1 for what v2 does not have.

Variants: `contact_sync`, `campaigns` (add-ons that are off in a usual account), `no_enrichment` (organizations without website, industry and
figures), `null_custom_fields` (records show every custom field, null where not set; unverified which of the two the vendor does).
"""

from sdrbot_skills.lab.core.app import App, Options
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.pipedrive import (
    clone,
    entities,
    errors,
    fieldroutes,
    fields,
    info,
    leads,
    pipelines,
    search,
)
from sdrbot_skills.lab.pipedrive.notes import Notes
from sdrbot_skills.lab.pipedrive.participants import Participants
from sdrbot_skills.lab.pipedrive.records import Records
from sdrbot_skills.lab.pipedrive.relations import Relations
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive

SEARCH_LAG = 2.0

_FORMS = {
    "over_limit": errors.over_limit,
    "blocked": errors.blocked,
    "capped": lambda: reply(
        403, errors.body("Feature capping deals limit reached", code="feature_capping_deals_limit")
    ),
    "scope": lambda: errors.wrong_scope().response,
}
"""Faults by the name that a test asks for."""


def create(store: Store, options: Options) -> App:
    """Default search lag: none, or SEARCH_LAG seconds with the vendor's limits."""
    app = App(options, store)
    pipedrive = Pipedrive(app)
    account = pipedrive.account
    schema = fields.Fields(pipedrive)
    records = Records(pipedrive, schema)
    lag = SEARCH_LAG if options.metered else 0.0
    store.lag_seconds = lag if options.search_lag is None else options.search_lag

    def fill() -> None:
        account.fill()
        info.fill(pipedrive)
        schema.fill()
        pipelines.fill(pipedrive)

    def rights(request: Request) -> Response:
        """POST /__lab__/rights {"can_add_custom_fields": false}: take rights from the token's user."""
        store.put("rights", "me", request.json())
        return reply(200, account.rights())

    app.fill = fill
    app.guard, app.finish, app.expire_token = account.guard, account.finish, account.expire
    app.not_found = lambda request: reply(404, errors.body("Unknown method .", "Please check developers.pipedrive.com"))
    app.crashed = lambda request: reply(500, errors.body("Internal Server Error", code="ERR_UNKNOWN"))
    app.malformed = lambda request, error: reply(400, errors.body("Invalid JSON in the request body"))
    app.env = lambda: {"PIPEDRIVE_API_TOKEN": account.token, "PIPEDRIVE_BASE_URL": app.base_url}
    app.forms = _FORMS
    app.controls["rights"] = rights
    app.route("GET", "/oauth/authorize")(account.consent.page)
    app.route("POST", "/oauth/token")(account.grant)
    search.add_routes(pipedrive, records)
    entities.add_routes(pipedrive, records)
    fieldroutes.add_routes(pipedrive, schema)
    pipelines.add_routes(pipedrive)
    leads.add_routes(pipedrive, schema)
    Participants(pipedrive, records).add_routes()
    Relations(pipedrive).add_routes()
    info.add_routes(pipedrive)
    Notes(pipedrive).add_routes()
    clone.install(pipedrive)
    return app
