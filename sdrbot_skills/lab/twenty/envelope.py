"""The two envelopes of /rest/metadata: the older one, which the OpenAPI document shows, and the direct one of newer workspaces."""

from typing import Any

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Request
from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors

LEGACY = "legacy_metadata"


class Envelope:
    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def legacy(self) -> bool:
        return LEGACY in self._app.options.variants

    def page(self, request: Request, kind: str, found: list[Doc]) -> Doc:
        """Cursors are plain ids; a bad one is a 500."""
        limit = min(int(request.first("limit", "1000")), 1000)
        ids = [doc["id"] for doc in found]
        after = request.first("starting_after")
        if after and after not in ids:
            raise errors.bare("Invalid cursor")
        start = ids.index(after) + 1 if after else 0
        page = found[start : start + limit]
        first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
        info = {"hasNextPage": start + limit < len(found), "startCursor": first, "endCursor": last}
        data: Any = {kind: page} if self.legacy else page
        return {"data": data, "pageInfo": info, "totalCount": len(found)}

    def one(self, verb: str, kind: str, doc: Doc) -> Doc:
        """`verb`: create, update, delete, or nothing for reading; `kind`: the plural in the path."""
        if not self.legacy:
            return doc
        singular = kind.removesuffix("s")
        return {"data": {f"{verb}One{singular[0].upper()}{singular[1:]}" if verb else singular: doc}}
