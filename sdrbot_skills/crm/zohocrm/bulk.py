"""What bulk jobs that read and bulk jobs that write have in common: calls below `/crm/bulk`, and results that come as a zip of one CSV."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import httpx

from sdrbot_skills.crm.exchange import exchange
from sdrbot_skills.crm.failures import Effect, no_answer, unreachable
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.failures import failure

KEPT_IN_MEMORY = 32 * 1024 * 1024
GONE = (400, 404)
"""How Zoho answers for a job or a result that it no longer has."""


def path(client: ZohoClient, rest: str) -> str:
    """The path of a call about jobs."""
    return f"/crm/bulk/{client.connection.api_version}/{rest}"


def asked(client: ZohoClient, method: str, rest: str, body: Any = None, effect: Effect = Effect.READ) -> dict[str, Any]:
    """One request, once. Opening a job that reads twice costs credits and harms nothing."""
    what = f"Zoho {method} bulk/{rest.partition('/')[0]}"
    answer = exchange(client.http, what, method, path(client, rest), body=body, effect=effect)
    if answer.status_code >= 300:
        raise failure(what, answer.status_code, answer.headers, answer.content, effect, client.connection)
    return dict(answer.json())


@contextmanager
def downloaded(client: ZohoClient, what: str, url: str) -> Iterator[IO[bytes]]:
    """A result's zip, whole: a zip is read from its end. `what` names the call without values."""
    with SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as file:
        repeated(lambda: _download(client, what, url, file))
        yield file


def _download(client: ZohoClient, what: str, url: str, file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()
    try:
        with client.http.stream("GET", url) as answer:
            if answer.status_code >= 300:
                content = answer.read()
                raise failure(what, answer.status_code, answer.headers, content, Effect.READ, client.connection)
            for chunk in answer.iter_bytes():
                file.write(chunk)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise unreachable(what, type(error).__name__) from error
    except httpx.TransportError as error:
        raise no_answer(what, Effect.READ, type(error).__name__) from error


def lines_of(file: IO[bytes]) -> Iterator[list[str]]:
    """The lines of the CSV in a zip, the header first."""
    with zipfile.ZipFile(file) as archive, archive.open(archive.namelist()[0]) as inner:
        yield from csv.reader(io.TextIOWrapper(inner, "utf-8-sig", newline=""))
