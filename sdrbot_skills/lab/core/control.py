"""The emulator's own end points under /__lab__, for tests and for whoever asks "is this a lab?".

With environment "production" they answer the vendor's 404 unless the request carries the control token
(`X-Lab-Control`), which `lab up --json` prints.
"""

import hmac
from collections.abc import Callable

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Request, Response, reply

PREFIX = "/__lab__"
HEADER = "X-Lab-Control"


def control(app: App, request: Request) -> Response:
    """Answer a request whose path starts with PREFIX."""
    allowed = hmac.compare_digest(request.headers.get(HEADER, ""), app.options.control_token)
    if app.options.production and not allowed:
        return app.not_found(request)
    match request.method, request.path.removeprefix(PREFIX).strip("/"):
        case "GET", "":
            return reply(200, identity(app))
        case "GET", "counters":
            return reply(200, app.store.counters())
        case "GET", "faults":
            return reply(200, app.faults.describe())
        case "DELETE", "faults":
            app.faults.clear()
            return Response(204)
        case "POST", action if action in _ACTIONS:
            return _carefully(lambda: _ACTIONS[action](app, request))
        case "POST", action if action in app.controls:
            with app.store.transaction():
                return _carefully(lambda: app.controls[action](request))
        case _:
            return reply(404, {"message": f"the lab has no {request.method} {request.path}"})


def _carefully(action: Callable[[], Response]) -> Response:
    try:
        return action()
    except (ValueError, TypeError, KeyError) as error:
        return reply(400, {"message": f"{type(error).__name__}: {error}"})


def identity(app: App) -> dict[str, object]:
    options = app.options
    account = {"id": options.account_id, "name": options.account_name}
    return {"lab": True, "crm": options.crm, "name": options.name, "account": account}


def _add_fault(app: App, request: Request) -> Response:
    spec = request.json()
    if spec.get("action") == "form" and spec.get("form") not in app.forms:
        raise ValueError(f"form is {spec.get('form')!r}, expected one of {', '.join(sorted(app.forms))}")
    return reply(201, app.faults.add(spec).describe())


def _reset(app: App, request: Request) -> Response:
    """Empty data; standard schema, account and credentials as at the start."""
    app.faults.clear()
    with app.store.transaction():
        app.store.reset()
        app.fill()
        app.store.put("lab", "filled", {})
    return Response(204)


def _clock(app: App, request: Request) -> Response:
    app.store.clock.advance(float(request.json()["advance_seconds"]))
    return reply(200, {"now_ms": app.store.clock.now_ms()})


def _search_lag(app: App, request: Request) -> Response:
    app.store.lag_seconds = float(request.json()["seconds"])
    return reply(200, {"seconds": app.store.lag_seconds})


_ACTIONS = {"faults": _add_fault, "reset": _reset, "clock": _clock, "search-lag": _search_lag}
