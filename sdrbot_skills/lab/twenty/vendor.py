"""The Twenty emulator put together: `create` is what the lab calls. It speaks as a self-hosted server of version 2.21 does."""

from collections.abc import Callable

import orjson

from sdrbot_skills.lab.core.app import App, Options
from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.core.store import Doc, Store
from sdrbot_skills.lab.twenty import errors, files, openapi, standard
from sdrbot_skills.lab.twenty.access import Access
from sdrbot_skills.lab.twenty.clone import Clone
from sdrbot_skills.lab.twenty.files import Files
from sdrbot_skills.lab.twenty.graph import Graph
from sdrbot_skills.lab.twenty.metadata import Metadata
from sdrbot_skills.lab.twenty.reading import Reading
from sdrbot_skills.lab.twenty.records import Records
from sdrbot_skills.lab.twenty.rest import Rest
from sdrbot_skills.lab.twenty.schema import Schema
from sdrbot_skills.lab.twenty.standard import stable_id
from sdrbot_skills.lab.twenty.views import Views

LONGEST_LINE = 16_384
LONGEST_BODY = 10 * 1024 * 1024
MEMBERS = (("Grace", "Hopper", "grace@example.org"), ("Alan", "Turing", "alan@example.org"))
_OPEN = ("/healthz", "/client-config", "/file-upload/", "/file/")


def create(store: Store, options: Options) -> App:
    """A fresh workspace without the vendor's sample records. Variant "legacy_metadata": the older envelope of /rest/metadata."""
    app = App(options, store)
    schema = Schema(store)
    records = Records(store, schema)
    access = Access(app)
    reading = Reading(store, schema, records, access)
    rest = Rest(app, schema, records, reading, access)
    views = Views(app, schema, access)
    metadata = Metadata(app, schema, records, access, views)
    holder = Files(app, schema, access.workspace)
    records.incoming.files = holder
    graph = Graph(app, rest, metadata, holder)
    _add_small_routes(app, access, schema)
    for room in (views, metadata, holder, graph, rest):
        room.add_routes()

    def fill() -> None:
        standard.fill(store, access.workspace)
        access.fill()
        views.fill()
        records.forget()
        _fill_members(records, schema, options)

    app.fill = fill
    app.guard = _guard(access)
    app.expire_token = access.expire
    app.not_found = files.not_found
    app.malformed = _malformed
    app.crashed = lambda request: reply(500, "Internal server error")
    app.env = lambda: {"TWENTY_API_KEY": access.key, "TWENTY_BASE_URL": app.base_url}
    app.forms = {"limit_reached": errors.over_limit}
    app.controls = {"key": _control_key(access), "limits": _control_limits(access)}
    app.controls["schema"] = Clone(store, access.workspace).take
    return app


def _guard(access: Access) -> Callable[[Request], None]:
    def guard(request: Request) -> None:
        line = len(request.path) + sum(len(k) + len(v) + 2 for k, vs in request.query.items() for v in vs)
        if line > LONGEST_LINE:
            raise Answer(Response(431))
        if len(request.body) > LONGEST_BODY and "json" in request.headers.get("Content-Type", ""):
            raise errors.bare("request entity too large")
        if request.path.startswith(_OPEN) or request.path.rstrip("/") == "/rest":
            return
        try:
            access.identify(request)
        except Answer as refusal:
            if request.path not in ("/graphql", "/metadata"):
                raise
            request.context["login"] = _words(refusal)

    return guard


def _words(refusal: Answer) -> str:
    assert isinstance(refusal.response.body, bytes)
    return str(orjson.loads(refusal.response.body)["messages"][0])


def _add_small_routes(app: App, access: Access, schema: Schema) -> None:
    health: Doc = {"status": "ok", "info": {}, "error": {}, "details": {}}
    app.router.add("GET", "/healthz", lambda request: reply(200, health))
    app.router.add("GET", "/client-config", lambda request: reply(200, {"billing": {"isBillingEnabled": False}}))
    app.router.add("GET", "/rest/open-api/core", lambda request: reply(200, openapi.core(schema, app.base_url)))
    app.router.add("GET", "/rest/webhooks", lambda request: reply(200, []))
    app.router.add("GET", "/rest/apiKeys", lambda request: reply(200, _keys(access)))


def _keys(access: Access) -> list[Doc]:
    now = iso_z(access.store.clock.now_ms())
    times = {"revokedAt": None, "expiresAt": "2099-01-01T00:00:00.000Z", "createdAt": now, "updatedAt": now}
    keys = access.store.things("key").values()
    return [{"workspaceId": access.workspace, "id": key["id"], "name": key["name"], **times} for key in keys]


def _fill_members(records: Records, schema: Schema, options: Options) -> None:
    """Two members; they cannot be made over the API."""
    actor = {"source": "MANUAL", "workspaceMemberId": None, "name": "System", "context": None}
    rows = [
        {
            "id": stable_id("member", options.name, email),
            "name": {"firstName": first, "lastName": last},
            "userEmail": email,
            "userId": stable_id("user", email),
            "locale": "en",
            "colorScheme": "System",
        }
        for first, last, email in MEMBERS
    ]
    records.create(schema.objects()["workspaceMember"], rows, actor)
    records.store.count("writes/workspaceMember/inserted", -len(rows))  # nobody's writing


def _control_key(access: Access) -> Callable[[Request], Response]:
    return lambda request: reply(200, {"token": access.issue(request.json())})


def _control_limits(access: Access) -> Callable[[Request], Response]:
    """`{"empty": true}`: the allowance is used up now."""

    def act(request: Request) -> Response:
        access.bucket.empty(bool(request.json().get("empty")))
        return reply(200, {})

    return act


def _malformed(request: Request, error: ValueError) -> Response:
    words = "Unexpected end of JSON input" if not request.body else f"Unexpected token in JSON: {error}"
    return errors.nest(400, words, "Bad Request").response
