"""Attio as an emulator: REST v2. Variants: `unique_everywhere` (people and companies take unique attributes too), `deals_off`."""

from sdrbot_skills.lab.attio import errors, objects, routes
from sdrbot_skills.lab.attio.account import Account
from sdrbot_skills.lab.attio.clone import Clone
from sdrbot_skills.lab.attio.records import Records
from sdrbot_skills.lab.attio.schema import Schema
from sdrbot_skills.lab.attio.values import Values
from sdrbot_skills.lab.core.app import App, Options
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Store

SEARCH_LAG = 2.0


def create(store: Store, options: Options) -> App:
    """Default search lag: none, or SEARCH_LAG seconds with the vendor's limits; queries never lag."""
    app = App(options, store)
    account = Account(app)
    schema = Schema(account, unique_everywhere="unique_everywhere" in options.variants)
    records = Records(schema, Values(schema))
    lag = SEARCH_LAG if options.metered else 0.0
    store.lag_seconds = lag if options.search_lag is None else options.search_lag

    def fill() -> None:
        account.fill()
        schema.fill(without=("deals",) if "deals_off" in options.variants else ())

    def settings(request: Request) -> Response:
        """`{"make_companies": false}`: nothing is made of e-mail domains; `{"currency": "EUR"}`: of the value of deals, which only the app can set."""
        wanted = request.json()
        records.make_companies = bool(wanted.get("make_companies", records.make_companies))
        if "currency" in wanted:
            schema.set_currency("deals", "value", wanted["currency"])
        return reply(200, {"make_companies": records.make_companies})

    def key(request: Request) -> Response:
        """`{"token", "scopes"}`: another API key."""
        wanted = request.json()
        store.put("token", wanted["token"], {"scopes": wanted["scopes"], "active": True})
        return reply(200, {})

    app.fill = fill
    app.guard, app.expire_token = account.guard, account.expire
    app.controls = {"settings": settings, "key": key, "schema": Clone(schema).take}
    app.not_found = lambda request: errors.body(404, "not_found", f"Could not find {request.method} {request.path}.")
    app.malformed = lambda request, error: errors.body(400, "validation_type", f"The body is not JSON: {error}")
    app.crashed = lambda request: errors.body(500, "internal_error", "Internal error", "api_error")
    app.env = lambda: {"ATTIO_API_KEY": account.token, "ATTIO_BASE_URL": app.base_url}
    app.forms = {
        "rate_limited": lambda: errors.rate_limited(store.clock.now()),
        "concurrent_write": lambda: errors.body(409, "concurrent_write_conflict", "The record is being written."),
        "bad_gateway": lambda: Response(502, b"<html><body>Bad gateway</body></html>", {}, "text/html"),
    }
    objects.add_routes(app, schema)
    routes.add_routes(app, records)
    return app
