"""HubSpot as an emulator: v3 paths, 2026-03 and 2026-09 (which enforces required rules), associations v4."""

from sdrbot_skills.lab.core.app import App, Options
from sdrbot_skills.lab.core.http import Response, reply
from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.hubspot import (
    associations,
    automation,
    batch,
    clone,
    consent,
    errors,
    groups,
    info,
    objects,
    owners,
    pipelines,
    properties,
    schemas,
    search,
    standard,
)
from sdrbot_skills.lab.hubspot.vendor import HubSpot, malformed

SEARCH_LAG = 2.0


def create(store: Store, options: Options) -> App:
    """Default search lag: none, or SEARCH_LAG seconds with the vendor's limits."""
    app = App(options, store)
    hubspot = HubSpot(app)
    account = hubspot.account
    lag = SEARCH_LAG if options.metered else 0.0
    store.lag_seconds = lag if options.search_lag is None else options.search_lag

    def fill() -> None:
        standard.fill(store)
        account.fill()

    app.fill = fill
    app.guard, app.finish, app.expire_token = account.guard, account.finish, account.expire
    app.not_found = lambda request: reply(404, errors.body("resource not found"))
    app.crashed = lambda request: reply(500, errors.body("internal error"))
    app.malformed = malformed
    app.env = lambda: {"HUBSPOT_ACCESS_TOKEN": account.token, "HUBSPOT_BASE_URL": app.base_url}
    app.forms = {
        "ten_secondly": lambda: errors.over_limit("TEN_SECONDLY_ROLLING"),
        "secondly": lambda: errors.over_limit("SECONDLY"),
        "daily": lambda: errors.over_limit("DAILY"),
        "migrating": _migrating,
        "bad_gateway": lambda: Response(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", {}, "text/html"),
        "locked": lambda: reply(423, errors.body("This record is locked; try again later.", "LOCKED")),
    }
    for room in (batch, search, objects, associations, groups, properties, pipelines, owners, info, consent, schemas):
        room.add_routes(hubspot)
    automation.install(hubspot)
    clone.install(hubspot)
    return app


def _migrating() -> Response:
    """477: the account is being moved; Retry-After in seconds (doc "Error handling")."""
    answer = reply(477, errors.body("This account is currently being migrated.", "MIGRATION_IN_PROGRESS"))
    answer.headers["Retry-After"] = "60"
    return answer
