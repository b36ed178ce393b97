"""API keys, their roles, and the workspace's rate limit."""

import base64
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.clock import Clock
from sdrbot_skills.lab.core.http import Answer, Request
from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors
from sdrbot_skills.lab.twenty.schema import ObjectType
from sdrbot_skills.lab.twenty.standard import stable_id

TOKENS, REFILL_MS = 100, 600
KEY_NAME = "judge"
YEAR_2099 = 4_070_908_800


@dataclass
class Role:
    """What a key may do. `objects`: per object other rights than the general ones; `hidden`, `locked`: its fields not to be read, written."""

    label: str = "Admin"
    rights: tuple[str, ...] = ("read", "update", "soft_delete", "destroy")
    settings: bool = True
    tools: bool = True
    objects: dict[str, list[str]] = field(default_factory=dict)
    hidden: dict[str, list[str]] = field(default_factory=dict)
    locked: dict[str, list[str]] = field(default_factory=dict)

    def can(self, kind: ObjectType, right: str) -> bool:
        """System objects can be read whatever the role says; members are never created by anybody."""
        if kind.doc["isSystem"] and right == "read":
            return True
        return right in self.objects.get(kind.name, self.rights)

    def need(self, kind: ObjectType, right: str) -> None:
        if not self.can(kind, right):
            raise errors.denied()

    def need_readable(self, kind: ObjectType, names: Iterable[str]) -> None:
        for name in names:
            if name in self.hidden.get(kind.name, ()):
                raise errors.denied(f'no permission to read field "{name}" on "{kind.name}"')

    def need_writable(self, kind: ObjectType, names: Iterable[str]) -> None:
        closed = {*self.hidden.get(kind.name, ()), *self.locked.get(kind.name, ())}
        for name in names:
            if name in closed:
                raise errors.denied(f'no permission to write field "{name}" on "{kind.name}"')

    def need_settings(self) -> None:
        if not self.settings:
            raise errors.denied(status=403)

    def visible(self, kind: ObjectType, doc: Doc) -> Doc:
        """The record without what the role may not read."""
        hidden = self.hidden.get(kind.name)
        return {name: value for name, value in doc.items() if name not in hidden} if hidden else doc


ADMIN = Role()


class Bucket:
    """100 tokens, one more every 600 ms; the vendor counts whole tokens between two accepted calls, so faster calls earn none."""

    def __init__(self, clock: Clock, metered: bool) -> None:
        self._clock, self._metered = clock, metered
        self._tokens, self._last = TOKENS, clock.now_ms()

    def take(self) -> bool:
        if not self._metered:
            return True
        now = self._clock.now_ms()
        tokens = min(TOKENS, self._tokens + math.floor((now - self._last) / REFILL_MS))
        if tokens < 1:
            return False
        self._tokens, self._last = tokens - 1, now
        return True

    def empty(self, metered: bool) -> None:
        """Used up now, whatever was counted before."""
        self._metered, self._tokens, self._last = metered, 0 if metered else TOKENS, self._clock.now_ms()


class Access:
    def __init__(self, app: App) -> None:
        self.app, self.store = app, app.store
        options = app.options
        options.account_id = options.account_id or stable_id("workspace", options.name)
        self.workspace = options.account_id
        self.bucket = Bucket(app.store.clock, options.metered)
        self.key = self._token(stable_id("key", options.name))

    def fill(self) -> None:
        self.put_key(self.key, stable_id("key", self.app.options.name), KEY_NAME, {})

    def put_key(self, token: str, key_id: str, name: str, role: Doc, **more: Any) -> None:
        self.store.put("key", token, {"id": key_id, "name": name, "role": role, "expires": None, **more})

    def issue(self, spec: Doc) -> str:
        """A further key, e.g. `{"name": "narrow", "role": {"rights": []}, "expired": true}`."""
        key_id = str(uuid4())
        token = self._token(key_id)
        expires = self.store.clock.now_ms() - 1000 if spec.get("expired") else None
        role = spec.get("role") or {}
        Role(**role)  # a name that is none is refused here
        self.put_key(token, key_id, spec.get("name", "key"), role, expires=expires, revoked=bool(spec.get("revoked")))
        return token

    def _token(self, key_id: str) -> str:
        """Looks like the vendor's JWT (ES256), which names workspace and key; its signature means nothing here."""
        payload = {"sub": self.workspace, "type": "API_KEY", "workspaceId": self.workspace, "jti": key_id}
        parts = ({"alg": "ES256", "typ": "JWT"}, payload | {"exp": YEAR_2099})
        signed = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in parts]
        return ".".join([*signed, stable_id("signature", key_id).replace("-", "")])

    def identify(self, request: Request) -> None:
        """Puts key and role into the request; 401 or 403 where there is none."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise errors.forbidden("Missing authentication token")
        known = self.store.thing("key", token.strip())
        if known is None:
            raise errors.unauthenticated("Token invalid.")
        if known["expires"] is not None and known["expires"] <= self.store.clock.now_ms():
            raise errors.unauthenticated("Token has expired.")
        if known.get("revoked"):
            raise errors.forbidden("This API Key is revoked")
        request.context["key"] = known
        request.context["role"] = Role(**known["role"]) if known["role"] else ADMIN

    def expire(self, request: Request) -> None:
        token = request.headers.get("Authorization", "").partition(" ")[2].strip()
        known = self.store.thing("key", token)
        if known:
            with self.store.transaction():
                self.store.put("key", token, {**known, "expires": self.store.clock.now_ms() - 1000})

    def spend(self) -> None:
        """One token for a call that reaches the records."""
        if not self.bucket.take():
            raise Answer(errors.over_limit())

    def actor(self, request: Request) -> Doc:
        return {"source": "API", "workspaceMemberId": None, "name": request.context["key"]["name"], "context": {}}
