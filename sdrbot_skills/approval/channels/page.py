"""Ask on a page of this machine: one random address on 127.0.0.1 that takes one answer and then is gone.

Other programs and other web pages can reach a loopback port too, so the path is a secret, Host and Origin must be exactly ours (a name
that someone's DNS points at 127.0.0.1 is not), and an answer carries a token that only the page itself contains. What the page shows
comes from the sealed summary alone.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic
from urllib.parse import parse_qs

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from rich.console import Console
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sdrbot_skills.approval import summary as screen
from sdrbot_skills.approval.channels.answer import TRIES, Approved, Unsealed, judge, not_approved
from sdrbot_skills.approval.summary import ApprovalSummary
from sdrbot_skills.errors import Refused
from sdrbot_skills.plain_text import plain
from sdrbot_skills.resources import template_directory

LARGEST_ANSWER = 16 * 1024
OPEN_FOR_SECONDS = 30 * 60.0


class ApprovalPage(Generic[Unsealed]):
    """The page of one approval. `url` is for the person's eyes; `wait()` returns their answer."""

    def __init__(self, summary: ApprovalSummary, unseal: Callable[[str], Unsealed], port: int) -> None:
        self._summary = summary
        self._unseal = unseal
        self._host = f"127.0.0.1:{port}"
        self._path = f"/approve/{secrets.token_urlsafe(32)}"
        self._csrf = secrets.token_urlsafe(32)
        self._wrong = 0
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._approved: Approved[Unsealed] | None = None
        self._why_not = "nobody answered in time"
        self.app = Starlette(
            routes=[Route(self._path, self._show, methods=["GET"]), Route(self._path, self._take, methods=["POST"])]
        )

    @property
    def url(self) -> str:
        return f"http://{self._host}{self._path}"

    def wait(self, timeout: float = OPEN_FOR_SECONDS) -> Approved[Unsealed]:
        """The answer. Raises Refused (`not_approved`) for a no, three wrong answers, and silence."""
        self._answered.wait(timeout)
        with self._lock:
            self._answered.set()  # what comes later finds the page closed
            if self._approved is None:
                raise not_approved(self._summary, self._why_not)
            return self._approved

    async def _show(self, request: Request) -> Response:
        if request.headers.get("host") != self._host:
            return _plain(403, "This page is only served under its own address.")
        return self._closed() if self._answered.is_set() else self._page("")

    async def _take(self, request: Request) -> Response:
        if request.headers.get("host") != self._host or request.headers.get("origin") != f"http://{self._host}":
            return _plain(403, "This answer does not come from the page.")
        if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
            return _plain(415, "This is not the page's form.")
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                return _plain(413, "This answer is too long.")
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if not secrets.compare_digest(form.get("csrf", "").encode(), self._csrf.encode()):
            return _plain(403, "This answer does not come from the page.")
        # Opening a credential takes a tenth of a second of pure arithmetic.
        return await run_in_threadpool(self._judge, form)

    def _judge(self, form: dict[str, str]) -> Response:
        with self._lock:
            if self._answered.is_set():
                return self._closed()
            if form.get("decision") != "approve":
                self._why_not = "you said no"
                self._answered.set()
                return self._note("Not approved. Nothing was written. You can close this page.")
            try:
                self._approved = judge(
                    self._summary, "page", form.get("typed", ""), form.get("consent", ""), self._unseal
                )
            except Refused as refusal:
                return self._again(str(refusal))
            self._answered.set()
            return self._note("Approved. You can close this page; the run goes on where you started it.")

    def _again(self, message: str) -> Response:
        self._wrong += 1
        if self._wrong < TRIES:
            return self._page(message)
        self._why_not = f"{TRIES} wrong answers"
        self._answered.set()
        return self._note("Not approved after three wrong answers. Nothing was written.")

    def _page(self, message: str) -> Response:
        return self._html(message=message, note=None)

    def _note(self, note: str) -> Response:
        return self._html(message="", note=note)

    def _closed(self) -> Response:
        return _plain(410, "This page took its one answer and is closed.")

    def _html(self, *, message: str, note: str | None) -> Response:
        nonce = secrets.token_urlsafe(16)
        text = _template().render(
            summary=self._summary,
            screen=screen,
            path=self._path,
            csrf=self._csrf,
            nonce=nonce,
            message=message,
            note=note,
        )
        return HTMLResponse(text, headers=_headers(nonce))


def ask(
    summary: ApprovalSummary,
    unseal: Callable[[str], Unsealed],
    announce: Callable[[str], None] | None = None,
    timeout: float = OPEN_FOR_SECONDS,
) -> Approved[Unsealed]:
    """Open the page, tell its address through `announce` (else on standard error), and wait. Raises Refused as `ApprovalPage.wait` does."""
    with serve(summary, unseal) as page:
        (announce or _say)(page.url)
        return page.wait(timeout)


@contextmanager
def serve(summary: ApprovalSummary, unseal: Callable[[str], Unsealed]) -> Iterator[ApprovalPage[Unsealed]]:
    """The page, served on a random port of 127.0.0.1 for as long as the block runs."""
    with socket.socket(socket.AF_INET) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        page = ApprovalPage(summary, unseal, listener.getsockname()[1])
        config = uvicorn.Config(page.app, log_level="critical", access_log=False, lifespan="off", server_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="approval-page", daemon=True)
        thread.start()
        try:
            yield page
        finally:
            server.should_exit = True
            thread.join()


def _say(url: str) -> None:
    Console(stderr=True).print(f"Open this page in a browser on this machine:\n{url}", markup=False, soft_wrap=True)


def _template() -> Template:
    environment = Environment(loader=FileSystemLoader(template_directory()), autoescape=True, undefined=StrictUndefined)
    environment.filters["plain"] = plain
    return environment.get_template("approval/page.html.j2")


def _headers(nonce: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        # Not `no-referrer`: with it browsers send `Origin: null` from our own form.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def _plain(status: int, text: str) -> Response:
    return Response(text + "\n", status, _headers("none"), "text/plain")
