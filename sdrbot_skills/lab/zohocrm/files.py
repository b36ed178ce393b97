"""Files that records can name: POST /files takes up to ten, GET /files?id= gives one back (OpenAPI v8 "files")."""

from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.zohocrm.errors import refusal
from sdrbot_skills.lab.zohocrm.org import Org

KIND = "file"
MOST = 10
LARGEST = 20 * 1024 * 1024


class Files:
    def __init__(self, org: Org) -> None:
        self.org = org
        self.store: Store = org.store

    def add_routes(self, route: Any) -> None:
        route("POST", "/files", self.upload)
        route("GET", "/files", self.download)

    def upload(self, request: Request) -> Response:
        sent = _sent(request)
        if not sent or len(sent) > MOST:
            raise _refused(
                400,
                "failure_in_attachment_handling",
                "Problem in uploading attachment. kindly upload the file properly",
            )
        if any(len(content) > LARGEST for _, content in sent):
            message = "Please check if the size of the file is in the correct range"
            raise _refused(415, "FILE_SIZE_MORE_THAN_ALLOWED_SIZE", message)
        return reply(200, {"data": [self._keep(name, content) for name, content in sent]})

    def download(self, request: Request) -> Response:
        kept = self.store.thing(KIND, request.first("id"))
        if kept is None:
            raise refusal("INVALID_DATA", {"param_name": "id"}, "the id given seems to be invalid")
        return Response(200, bytes.fromhex(kept["content"]), {}, "application/octet-stream")

    def _keep(self, name: str, content: bytes) -> dict[str, Any]:
        file_id = f"{self.org.new_id():040x}"
        self.store.put(KIND, file_id, {"name": name, "content": content.hex()})
        told = {"name": name, "id": file_id}
        return {"code": "SUCCESS", "details": told, "message": f"{name} uploaded", "status": "success"}


def _sent(request: Request) -> list[tuple[str, bytes]]:
    """Name and content of each part `file`."""
    head = b"Content-Type: " + request.headers.get("Content-Type", "").encode() + b"\r\n\r\n"
    message = message_from_bytes(head + request.body, policy=HTTP)
    return [
        (part.get_filename() or "file", bytes(part.get_payload(decode=True) or b""))
        for part in (message.iter_parts() if message.is_multipart() else ())
        if part.get_param("name", header="content-disposition") == "file"
    ]


def _refused(status: int, code: str, message: str) -> Answer:
    return Answer(reply(status, {"code": code, "details": {}, "message": message, "status": "error"}))
