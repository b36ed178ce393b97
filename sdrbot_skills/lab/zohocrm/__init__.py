"""Zoho CRM as an emulator: accounts server and API v8 on one port, with the v2 paths that the old SDK uses as aliases.

`options.variants`: "open_picklists" takes values that a pick list does not have, as some organisations are said to; "few_per_page" gives
bulk reads pages of three records.
"""

from sdrbot_skills.lab.core.app import App, Options
from sdrbot_skills.lab.core.http import Handler, Request, Response, reply
from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.zohocrm import bulkread, errors
from sdrbot_skills.lab.zohocrm.auth import Auth
from sdrbot_skills.lab.zohocrm.bulkwrite import BulkWrite
from sdrbot_skills.lab.zohocrm.clone import Clone
from sdrbot_skills.lab.zohocrm.credits import Credits
from sdrbot_skills.lab.zohocrm.files import Files
from sdrbot_skills.lab.zohocrm.info import Info
from sdrbot_skills.lab.zohocrm.locking import Locking
from sdrbot_skills.lab.zohocrm.org import Org
from sdrbot_skills.lab.zohocrm.querying import Querying
from sdrbot_skills.lab.zohocrm.reading import Reader
from sdrbot_skills.lab.zohocrm.records import Records
from sdrbot_skills.lab.zohocrm.related import Related
from sdrbot_skills.lab.zohocrm.settings import Settings
from sdrbot_skills.lab.zohocrm.values import Values
from sdrbot_skills.lab.zohocrm.writing import Writer

SEARCH_LAG = 5.0
VARIANTS = ("open_picklists", bulkread.FEW)

_FORMS = {
    "too_many_requests": lambda: errors.response("TOO_MANY_REQUESTS"),
    "internal_error": lambda: errors.response("INTERNAL_ERROR"),
    "no_permission": lambda: errors.response("NO_PERMISSION", {"permissions": ["Crm_Implied_View_Contacts"]}),
    "scope_mismatch": lambda: errors.response("OAUTH_SCOPE_MISMATCH"),
}
"""Faults by the name that a test asks for."""


def create(store: Store, options: Options) -> App:
    """One organisation with its self client. Default search lag: none, or SEARCH_LAG seconds with the vendor's limits."""
    if unknown := set(options.variants) - set(VARIANTS):
        raise ValueError(f"unknown variants: {', '.join(sorted(unknown))}")
    app = App(options, store)
    org = Org(store, options)
    options.account_id = options.account_id or org.zgid
    store.lag_seconds = options.search_lag if options.search_lag is not None else SEARCH_LAG if options.metered else 0.0
    auth, credits, values = Auth(app), Credits(app), Values(org)
    reader, writer = Reader(org, values), Writer(org, values)

    def route(methods: str, path: str, handler: Handler) -> None:
        app.router.add(methods, f"/crm/{{version:v[2-8]}}{path}", handler)

    def fill() -> None:
        auth.fill()
        org.fill()

    def guard(request: Request) -> None:
        auth.guard(request)
        credits.guard(request)
        bulk_write.advance()

    def use_credits(request: Request) -> Response:
        credits.set(float(request.json()["used"]))
        return reply(200, {"used": credits.used, "total": credits.total})

    auth.add_routes()
    route("POST", "/coql", Querying(org, values).answer)
    Settings(org).add_routes(route)
    bulkread.BulkRead(app, org, reader)
    bulk_write = BulkWrite(app, org, writer)
    Info(org).add_routes(route)
    Files(org).add_routes(route)
    Related(org, reader).add_routes(route)
    locking = Locking(org, values)
    locking.add_routes(route)
    Records(org, reader, writer).add_routes(route)
    app.fill, app.guard, app.finish = fill, guard, credits.finish
    app.expire_token, app.env = auth.expire, auth.environment
    app.not_found = lambda request: _missing(app, request)
    app.malformed = lambda request, error: errors.response("INVALID_DATA", {"expected_data_type": "jsonobject"})
    app.crashed = lambda request: errors.response("INTERNAL_ERROR")
    app.controls["credits"] = use_credits
    app.controls["schema"] = Clone(org).take
    app.controls["locking"] = locking.configure
    app.forms = _FORMS
    return app


def _missing(app: App, request: Request) -> Response:
    if app.router.methods(request.path):
        return errors.response("INVALID_REQUEST_METHOD")
    return errors.response("INVALID_URL_PATTERN")
