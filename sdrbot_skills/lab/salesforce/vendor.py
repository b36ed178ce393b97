"""The Salesforce emulator put together: `create` is what the lab calls."""

from sdrbot_skills.lab.core.app import App, Options
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.salesforce.auth import Auth
from sdrbot_skills.lab.salesforce.bulkingest import BulkIngest
from sdrbot_skills.lab.salesforce.bulkquery import BulkQuery
from sdrbot_skills.lab.salesforce.clone import Clone
from sdrbot_skills.lab.salesforce.errors import Refusal, not_found
from sdrbot_skills.lab.salesforce.limits import Limits, exceeded
from sdrbot_skills.lab.salesforce.org import Org, known_variants
from sdrbot_skills.lab.salesforce.recordtypes import RecordTypes
from sdrbot_skills.lab.salesforce.restcollections import RestCollections
from sdrbot_skills.lab.salesforce.restcomposite import RestComposite
from sdrbot_skills.lab.salesforce.restquery import RestQuery
from sdrbot_skills.lab.salesforce.restrecords import RestRecords
from sdrbot_skills.lab.salesforce.service import Service
from sdrbot_skills.lab.salesforce.tooling import Tooling
from sdrbot_skills.lab.salesforce.valuesets import ValueSets

_UNKNOWN = "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567-89 (-1)"
_LOCKED = "unable to obtain exclusive access to this record or 1 records: 001"

_FORMS = {
    "daily_limit": lambda: exceeded().response(),
    "concurrent_limit": lambda: exceeded("ConcurrentRequests (Concurrent API Requests) Limit exceeded.").response(),
    "server_unavailable": lambda: Refusal("SERVER_UNAVAILABLE", "Server is too busy").response(),
    "unknown_exception": lambda: Refusal("UNKNOWN_EXCEPTION", _UNKNOWN).response(),
    "session_expired": lambda: Refusal("INVALID_SESSION_ID", "Session expired or invalid").response(),
    "row_lock": lambda: Refusal("UNABLE_TO_LOCK_ROW", _LOCKED).response(),
}
"""Faults by the name that a test asks for."""


def create(store: Store, options: Options) -> App:
    """An org with the integration user's external client app; `options.variants` are named in `org.VARIANTS`."""
    known_variants(options.variants)
    app = App(options, store)
    org = Org(store, options)
    options.account_id = options.account_id or org.id
    service = Service(app, org)
    auth, limits = Auth(app, org), Limits(service, options.metered)
    auth.add_routes()
    limits.add_routes()
    Tooling(service).add_routes()
    ValueSets(service)
    RecordTypes(service)
    Clone(service)
    ingest = BulkIngest(service)
    ingest.add_routes()
    BulkQuery(service).add_routes()
    RestCollections(service).add_routes()
    RestComposite(service).add_routes()
    RestQuery(service).add_routes()
    RestRecords(service).add_routes()

    def guard(request: Request) -> None:
        auth.guard(request)
        limits.guard(request)
        ingest.advance()

    def fill() -> None:
        auth.fill()
        org.fill()

    def variants(request: Request) -> Response:
        spec = request.json()
        return reply(200, {"variants": org.set_variants(spec.get("add", ()), spec.get("remove", ()))})

    app.guard, app.finish, app.fill, app.env = guard, limits.finish, fill, auth.environment
    app.not_found = lambda request: _missing(request, app.router.methods(request.path))
    app.malformed = _malformed
    app.crashed = lambda request: _FORMS["unknown_exception"]()
    app.expire_token = auth.expire
    app.controls["variants"] = variants
    app.forms = _FORMS
    return app


def _missing(request: Request, methods: list[str]) -> Response:
    if not methods:
        return not_found().response()
    allowed = ",".join(sorted(methods))
    message = f"HTTP Method '{request.method}' not allowed. Allowed are {allowed}"
    return Refusal("METHOD_NOT_ALLOWED", message).response()


def _malformed(request: Request, error: ValueError) -> Response:
    return Refusal("JSON_PARSER_ERROR", f"Unexpected character at [line:1, column:1]: {error}").response()
