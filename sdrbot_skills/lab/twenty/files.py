"""Files: begun by GraphQL, sent by PUT, completed by GraphQL, attached as the value of a FILES field."""

import base64
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from uuid import uuid4

import orjson

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors
from sdrbot_skills.lab.twenty.schema import Field, Schema

MOST_BYTES = 1_073_741_824
UPLOAD_SECONDS = 900
_MAGIC = {"png": b"\x89PNG", "jpg": b"\xff\xd8", "jpeg": b"\xff\xd8", "gif": b"GIF8", "pdf": b"%PDF"}
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "pdf": "application/pdf"}
_INLINE = ("image/", "text/plain", "audio/", "video/", "application/pdf")


class FileProblem(Exception):
    """A refusal in GraphQL: code INTERNAL_SERVER_ERROR, although it is permanent."""

    def __init__(self, message: str, friendly: str = "An error occurred.") -> None:
        super().__init__(message)
        self.friendly = friendly


class Files:
    def __init__(self, app: App, schema: Schema, workspace: str) -> None:
        self.app, self.store, self.schema, self.workspace = app, app.store, schema, workspace

    def add_routes(self) -> None:
        self.app.router.add("PUT", "/file-upload/{id}", self.put)
        self.app.router.add("GET", "/file/files-field/{id}", self.download)

    # --- uploading ---

    def begin(self, filename: str, size: float, fileFolder: str, **place: str | None) -> Doc:
        if fileFolder != "FilesField":
            folder = "".join(f"-{c.lower()}" if c.isupper() else c for c in fileFolder).lstrip("-")
            words = "Direct upload is not supported for this file type."
            raise FileProblem(f"Direct upload is not supported for file folder {folder}", words)
        if size < 1 or size > MOST_BYTES or size != int(size):
            words = "The file is empty or exceeds the maximum allowed size."
            shown = int(size) if size == int(size) else size
            raise FileProblem(f"Invalid file size {shown} (max {MOST_BYTES} bytes)", words)
        one = self._field(**place)
        if "." not in filename:
            raise FileProblem("Filename must have an extension", "Access denied.")
        doc = self._new(filename, int(size), one)
        return {
            "fileId": doc["id"],
            "uploadUrl": f"{self.app.base_url}/file-upload/{doc['id']}?token={doc['upload']}",
            "contentType": "application/octet-stream",
            "expiresAt": iso_z(self.store.clock.now_ms() + UPLOAD_SECONDS * 1000),
        }

    def _field(self, **place: str | None) -> Doc:
        field_id, universal = place.get("fieldMetadataId"), place.get("fieldMetadataUniversalIdentifier")
        if not field_id and not universal:
            words = "fieldMetadataId or fieldMetadataUniversalIdentifier must be provided"
            raise FileProblem(words, words)
        for owner in self.schema.objects().values():
            for one in owner.fields.values():
                if one.doc["id"] == field_id or (universal and one.doc["universalIdentifier"] == universal):
                    return one.doc
        where = {
            "select": ["applicationId", "universalIdentifier"],
            "where": {"id": field_id, "workspaceId": self.workspace},
        }
        shown = orjson.dumps(where, option=orjson.OPT_INDENT_2).decode().replace("  ", "    ")
        raise FileProblem(f'Could not find any entity of type "FieldMetadataEntity" matching: {shown}')

    def _new(self, filename: str, size: int, one: Doc) -> Doc:
        doc = {
            "id": str(uuid4()),
            "extension": filename.rsplit(".", 1)[1],
            "size": size,
            "received": 0,
            "content": "",
            "state": "pending",
            "place": one["universalIdentifier"],
            "upload": uuid4().hex,
            "token": uuid4().hex,
            "created": iso_z(self.store.clock.now_ms()),
        }
        self.store.put("file", doc["id"], doc)
        return doc

    def put(self, request: Request) -> Response:
        doc = self.store.thing("file", request.params["id"])
        if doc is None or request.first("token") != doc["upload"]:
            raise errors.nest(403, "Forbidden resource", "Forbidden")
        if doc["state"] != "pending":
            raise errors.invalid(f"File {doc['id']} is not awaiting an upload", "BAD_REQUEST")
        # The body parser swallows JSON before the upload sees it.
        content = b"" if "json" in request.headers.get("Content-Type", "") else request.body
        if len(content) > doc["size"]:
            words = f"Upload exceeds declared size of {doc['size']} bytes"
            raise errors.Refusal(413, words, "Error", "FILE_TOO_LARGE")
        doc |= {"received": len(content), "content": base64.b64encode(content).decode(), "tried": True}
        self.store.put("file", doc["id"], doc)
        if len(content) != doc["size"]:  # what came is kept, so the refusal must not take it back
            words = f"Uploaded {len(content)} bytes but {doc['size']} were declared"
            return errors.invalid(words, "FILE_SIZE_MISMATCH").response
        return Response(204)

    def complete(self, fileId: str) -> Doc:
        doc = self.store.thing("file", fileId)
        if doc is None:
            raise FileProblem(f"File not found: {fileId}")
        if doc["state"] == "attached":
            words = "This file upload has already been finalized."
            raise FileProblem(f"File {fileId} is not awaiting an upload confirmation", words)
        if doc["received"] != doc["size"]:
            raise self._short(doc)
        magic = _MAGIC.get(doc["extension"])
        if magic and not base64.b64decode(doc["content"][:16] + "==").startswith(magic):
            words = f"(expected mime type: {_TYPES[doc['extension']]}), but the file content could not be detected as this type."
            start = f"File content does not match its extension. The file has extension '{doc['extension']}' {words}"
            raise FileProblem(f"{start} The file may be corrupted, have the wrong extension, or be a security risk.")
        self.store.put("file", fileId, {**doc, "state": "complete"})
        return self._told(doc)

    def _short(self, doc: Doc) -> FileProblem:
        if not doc.get("tried"):
            words = "The file has not been uploaded yet. Please upload it before confirming."
            return FileProblem(f"File {doc['id']} has not been uploaded to storage yet", words)
        words = "The uploaded file does not match the declared size. Please retry the upload."
        have = f"{doc['received']} bytes in storage but {doc['size']} were declared"
        return FileProblem(f"File {doc['id']} has {have}", words)

    def whole(self, file: Doc, **place: str | None) -> Doc:
        """The older way: all in one multipart call."""
        doc = self._new(file["name"], len(file["content"]), self._field(**place))
        content = base64.b64encode(file["content"]).decode()
        self.store.put("file", doc["id"], {**doc, "content": content, "received": doc["size"], "state": "complete"})
        return self._told(doc)

    def _told(self, doc: Doc) -> Doc:
        path = f"files-field/{doc['place']}/{doc['id']}.{doc['extension']}"
        return {"id": doc["id"], "path": path, "size": doc["size"], "createdAt": doc["created"], "url": self._url(doc)}

    def _url(self, doc: Doc) -> str:
        return f"{self.app.base_url}/file/files-field/{doc['id']}?token={doc['token']}"

    def download(self, request: Request) -> Response:
        doc = self.store.thing("file", request.params["id"])
        if doc is None or request.first("token") not in (doc["token"], doc["upload"]):
            raise errors.nest(403, "Forbidden resource", "Forbidden")
        content = base64.b64decode(doc["content"])
        kind = next((t for e, t in _TYPES.items() if content.startswith(_MAGIC[e])), "application/octet-stream")
        if kind == "application/octet-stream" and doc["extension"] in ("txt", "csv"):
            kind = "text/plain"
        shown = "inline" if kind.startswith(_INLINE) else "attachment"
        headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": shown}
        headers["Cache-Control"] = "private, max-age=86400, immutable"
        return Response(200, content, headers, kind)

    # --- attached to records ---

    def write(self, one: Field, value: Any, old: Any) -> Any:
        """The stored value of a FILES field; each file belongs to one record."""
        if value is None:
            value = []
        _check_shape(one, value)
        most = int((one.doc.get("settings") or {}).get("maxNumberOfValues", 1))
        if len(value) > most:
            raise errors.bad_request(f'Max number of files is {most} for field "{one.name}"')
        before = {entry["fileId"] for entry in old or ()}
        stored = [self._attached(entry, before) for entry in value]
        for gone in before - {entry["fileId"] for entry in stored}:
            self.store.remove("file", gone)
        return stored or None

    def _attached(self, entry: Doc, before: set[str]) -> Doc:
        doc = self.store.thing("file", entry["fileId"])
        if doc is None:
            raise errors.bad_request(f"File not found: {entry['fileId']}")
        if doc["state"] == "pending":
            raise errors.bad_request(f"File {doc['id']} upload has not been completed")
        if doc["state"] == "attached" and doc["id"] not in before:
            raise errors.bad_request(f"File {doc['id']} is already associated with a permanent files field")
        self.store.put("file", doc["id"], {**doc, "state": "attached"})
        shown = {"label": entry["label"], "fileId": doc["id"], "extension": f".{doc['extension']}"}
        return {**shown, "url": self._url(doc)}


def _check_shape(one: Field, value: Any) -> None:
    shown = _printed(value)
    start = f'Invalid value "{shown}" for FILES field "{one.name}"'
    if not isinstance(value, list):
        words = "object" if isinstance(value, dict) else "string"
        raise errors.bad_request(f"{start} - : Invalid input: expected array, received {words}")
    for position, entry in enumerate(value):
        for part in ("fileId", "label"):
            if not isinstance(entry, dict) or not isinstance(entry.get(part), str):
                raise errors.bad_request(
                    f"{start} - {position}.{part}: Invalid input: expected string, received undefined"
                )


def _printed(value: Any) -> str:
    """As Node prints a value."""
    if isinstance(value, list):
        return f"[ {', '.join(map(_printed, value))} ]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name}: {_printed(one)}' for name, one in value.items())} }}"
    return f"'{value}'"


def multipart(request: Request) -> Doc:
    """The body of a GraphQL multipart request: the file stands where the map says."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message: Any = BytesParser(policy=HTTP).parsebytes(head + request.body)
    parts = {str(part.get_param("name", header="content-disposition")): part for part in message.iter_parts()}
    body: Doc = orjson.loads(parts["operations"].get_payload(decode=True))
    for name, places in orjson.loads(parts["map"].get_payload(decode=True)).items():
        variable = places[0].rsplit(".", 1)[1]
        file = {"name": parts[name].get_filename() or "", "content": parts[name].get_payload(decode=True)}
        body.setdefault("variables", {})[variable] = file
    return body


def not_found(request: Request) -> Response:
    """Nest's own."""
    words = f"Cannot {request.method} {request.path}"
    return reply(404, {"message": words, "error": "Not Found", "statusCode": 404})
