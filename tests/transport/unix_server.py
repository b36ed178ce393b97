"""A broker stand-in: an HTTP server on a unix socket that tells what it was sent, or answers what a test wants."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "UnixServer"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        seen = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
        self.server.requests.append(seen)
        if self.path.startswith("/never"):
            self.server.never.wait(5)
            self.close_connection = True
            return
        if self.path.startswith("/drop"):
            self.close_connection = True
            self.connection.shutdown(2)
            return
        content = json.dumps(self.server.answers.get(self.path, seen)).encode()
        self.send_response(302 if self.path.startswith("/moved") else 200)
        if self.path.startswith("/moved"):
            self.send_header("Location", "https://elsewhere.example/")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {}
        self.never = threading.Event()
        super().__init__(str(path), _Handler)


@contextmanager
def serving(path: Path) -> Iterator[UnixServer]:
    """The server, until the block ends."""
    with UnixServer(path) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.never.set()
            server.shutdown()
            thread.join()
