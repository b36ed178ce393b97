"""One emulator: a store, routes, faults and counters behind an HTTP server.

A vendor is one package `lab/<crm>/` with

    def create(store: Store, options: Options) -> App

which builds an `App`, adds its routes and fills in the hooks below. A handler is a plain function
`(Request) -> Response`; it runs in a transaction of the store, which commits when it returns and rolls back when it
raises (`Answer` carries the refusal to send). Hooks a vendor sets:

* `guard(request)`            before the handler, outside the transaction; raises Answer for 401, 403, 429
* `finish(request, response)` after it, e.g. rate-limit headers
* `not_found(request)`, `malformed(request, error)`, `crashed(request)`  the vendor's own 404 / bad JSON / 500
* `expire_token(request)`     used by the fault of that name
* `fill()`                    puts the standard schema into an empty store (called at start, if empty, and by reset)
* `forms`                     name -> response, the vendor's refusals for the fault "form"
* `controls`                  name -> handler of POST /__lab__/<name>, in a transaction, e.g. to switch a variant
* `env()`                     environment variables a client needs, without the suffix of a second account

`app.base_url` is set before the first request.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import orjson

from sdrbot_skills.lab.core.faults import Fault, Faults
from sdrbot_skills.lab.core.http import Answer, Handler, Request, Response, Router, reply
from sdrbot_skills.lab.core.store import Store

log = logging.getLogger("sdrbot_skills.lab")


@dataclass
class Options:
    """What `lab up` decides. `limits` is "none" or "vendor"; `search_lag` in seconds (None: the vendor's default).
    `variants` are the vendor's names for other kinds of account, e.g. "person_accounts"."""

    crm: str
    name: str = "default"
    environment: str = "lab"
    limits: str = "none"
    search_lag: float | None = None
    account_name: str = "Northwind Practice Co"
    account_id: str = ""
    variants: Sequence[str] = ()
    control_token: str = field(default_factory=lambda: secrets.token_urlsafe(18))

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def metered(self) -> bool:
        return self.limits == "vendor"


def _nothing(request: Request) -> None:
    """No guard."""


def _unchanged(request: Request, response: Response) -> None:
    """No finish."""


def _not_found(request: Request) -> Response:
    return reply(404, {"message": "not found"})


def _malformed(request: Request, error: ValueError) -> Response:
    return reply(400, {"message": str(error)})


def _crashed(request: Request) -> Response:
    return reply(500, {"message": "internal error"})


@dataclass
class App:
    options: Options
    store: Store
    base_url: str = ""
    router: Router = field(default_factory=Router)
    faults: Faults = field(default_factory=Faults)
    forms: dict[str, Callable[[], Response]] = field(default_factory=dict)
    guard: Callable[[Request], None] = _nothing
    finish: Callable[[Request, Response], None] = _unchanged
    not_found: Callable[[Request], Response] = _not_found
    malformed: Callable[[Request, ValueError], Response] = _malformed
    crashed: Callable[[Request], Response] = _crashed
    expire_token: Callable[[Request], None] = _nothing
    fill: Callable[[], None] = lambda: None
    env: Callable[[], dict[str, str]] = dict
    controls: dict[str, Handler] = field(default_factory=dict)

    def route(self, methods: str, template: str) -> Callable[[Handler], Handler]:
        """`@app.route("GET", "/crm/v3/objects/{type}")`"""

        def add(handler: Handler) -> Handler:
            self.router.add(methods, template, handler)
            return handler

        return add

    def answer(self, request: Request, faults: list[Fault]) -> Response:
        """Do what the request asks, in one transaction. Faults of the waiting kind are the server's business."""
        for fault in faults:
            if fault.action == "status":
                return _ordered(fault)
            if fault.action == "form":
                return self.forms[fault.arguments["form"]]()
            if fault.action == "expire_token":
                self.expire_token(request)
            request.shuffle = request.shuffle or fault.action == "shuffle"
        response = self._handle(request)
        self.finish(request, response)
        return response

    def _handle(self, request: Request) -> Response:
        handler = self.router.match(request)
        try:
            self.guard(request)
            if handler is None:
                return self.not_found(request)
            with self.store.transaction():
                self.store.count(f"requests/{request.method} {request.template}")
                return handler(request)
        except Answer as refusal:
            response = refusal.response
        except orjson.JSONDecodeError as error:
            response = self.malformed(request, error)
        except Exception:  # an emulator's own mistake must answer 500 like a vendor's, and be seen in the log
            log.exception("%s %s failed", request.method, request.template)
            response = self.crashed(request)
        with self.store.transaction():
            self.store.count(f"requests/{request.method} {request.template}")
            self.store.count(f"refusals/{response.status} {request.method} {request.template}")
        return response


def _ordered(fault: Fault) -> Response:
    arguments = fault.arguments
    body = arguments.get("body", "")
    raw = body.encode() if isinstance(body, str) else orjson.dumps(body)
    default = "text/html" if raw.startswith(b"<") else "application/json;charset=utf-8"
    return Response(
        int(arguments.get("status", 500)), raw, arguments.get("headers", {}), arguments.get("content_type", default)
    )
