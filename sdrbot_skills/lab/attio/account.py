"""Who may call and how often: keys, scopes, rate limits, `GET /v2/self` (doc "Rate limiting", "Identify")."""

from typing import Any
from zlib import crc32

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.ids import uid
from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.core.limits import Window

READS, WRITES = 100, 25
AREAS = (
    "object_configuration", "record_permission", "list_configuration", "list_entry", "note", "task", "comment", "user_management", "file",
    "meeting", "call_recording", "webhook", "sequence_unsubscribe",
)  # fmt: skip
ALL_SCOPES = [f"{area}:read-write" for area in AREAS]
MEMBERS = (
    ("Maya", "Okafor", "maya.okafor@northwind-practice.example", "admin"),
    ("Jonas", "Lindqvist", "jonas.lindqvist@northwind-practice.example", "member"),
    ("Priya", "Raman", "priya.raman@northwind-practice.example", "member"),
    ("Tomás", "Herrera", "tomas.herrera@northwind-practice.example", "member"),
    ("Edda", "Brandt", "former.colleague@northwind-practice.example", "suspended"),
)


class Account:
    """The guard of the emulator, and what it knows about the workspace."""

    def __init__(self, app: App) -> None:
        self.app, self.store = app, app.store
        self.number = 1 + crc32(app.options.name.encode())
        self.workspace = uid("workspace", self.number)
        app.options.account_id = app.options.account_id or self.workspace
        self.slug = "-".join(app.options.account_name.lower().split())
        self.token = f"lab{self.number:012d}" + uid("key", self.number).replace("-", "")
        metered = app.options.metered
        self._reads = Window(self.store.clock, READS if metered else 0, 1)
        self._writes = Window(self.store.clock, WRITES if metered else 0, 1)

    def fill(self) -> None:
        self.store.put("token", self.token, {"scopes": ALL_SCOPES, "active": True})
        for number, (first, last, email, level) in enumerate(MEMBERS, start=1):
            member = {"n": number, "first_name": first, "last_name": last, "email_address": email, "level": level}
            self.store.put("member", f"{number:04d}", member)

    # --- the guard ---

    def guard(self, request: Request) -> None:
        """401 and 429. `/v2/self` answers whoever asks: a dead key is told as `active: false`."""
        known = self.store.thing("token", bearer(request))
        request.context["token"] = known if known and known["active"] else None
        if request.path.rstrip("/") == "/v2/self":
            return
        if request.context["token"] is None:
            raise errors.unauthorized()
        reading = request.method == "GET" or request.path.endswith(("/query", "/search"))
        if not (self._reads if reading else self._writes).take():
            raise Answer(errors.rate_limited(self.store.clock.now()))

    def expire(self, request: Request) -> None:
        token = bearer(request)
        known = self.store.thing("token", token)
        if known:
            with self.store.transaction():
                self.store.put("token", token, {**known, "active": False})

    def need(self, request: Request, *scopes: str) -> None:
        """All of these; `x:read-write` includes `x:read`."""
        granted = request.context["token"]["scopes"]
        for scope in scopes:
            if scope not in granted and f"{scope.partition(':')[0]}:read-write" not in granted:
                raise errors.missing_scope(scope)

    # --- what it tells ---

    def describe(self, request: Request) -> Response:
        """GET /v2/self"""
        known = request.context["token"]
        if known is None:
            return reply(200, {"active": False})
        told: dict[str, Any] = {
            "active": True,
            "scope": " ".join(known["scopes"]),
            "client_id": uid("client", self.number),
            "token_type": "Bearer",
            "exp": None,
            "iat": 1_767_225_600,
            "sub": self.workspace,
            "aud": uid("client", self.number),
            "iss": "attio.com",
            "authorized_by_workspace_member_id": uid("member", 1),
            "token_level": "workspace",
            "workspace_id": self.workspace,
            "workspace_name": self.app.options.account_name,
            "workspace_slug": self.slug,
            "workspace_logo_url": None,
        }
        return reply(200, told)

    def actor(self) -> dict[str, str]:
        """Who writes: the API key."""
        return {"type": "api-token", "id": uid("key", self.number)}

    def member(self, entry: dict[str, Any]) -> dict[str, Any]:
        """A workspace member as read."""
        return {
            "id": {"workspace_id": self.workspace, "workspace_member_id": uid("member", entry["n"])},
            "first_name": entry["first_name"],
            "last_name": entry["last_name"],
            "avatar_url": None,
            "email_address": entry["email_address"],
            "created_at": "2026-01-05T09:00:00.000000000Z",
            "access_level": entry["level"],
        }


def bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
