"""Emulators as processes: start, wait until they answer, talk to their control end points, stop.

Each emulator is `python -m sdrbot_skills.lab serve ...` with its own SQLite file. It writes its facts (port, account,
environment variables, control token) into a ready file, which is how the parent learns them.
"""

import atexit
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self, cast

import httpx
import orjson

from sdrbot_skills.lab.core.app import App, Options
from sdrbot_skills.lab.core.store import Store

START_SECONDS = 30.0
STOP_SECONDS = 5.0


class LabError(Exception):
    """The lab cannot do what was asked; the message is for the person."""


def build(options: Options, data: Path) -> App:
    """The emulator of `options.crm` on the SQLite file in `data`, its standard schema filled in."""
    vendor = importlib.import_module(f"sdrbot_skills.lab.{options.crm}")
    store = Store(data / f"{options.crm}.sqlite")
    app = cast("App", vendor.create(store, options))
    if store.thing("lab", "filled") is None:
        with store.transaction():
            app.fill()
            store.put("lab", "filled", {})
    return app


def suffix(name: str) -> str:
    """What the environment variables of a second account end with: "second" -> "__SECOND"."""
    return "" if name == "default" else "__" + name.upper().replace("-", "_")


@dataclass
class Emulator:
    """A running emulator as its clients and tests see it. `env` has the suffix of its name already."""

    crm: str
    name: str
    base_url: str
    account: dict[str, str]
    env: dict[str, str]
    control_token: str
    pid: int
    data: str
    temporary: bool
    options: dict[str, Any] = field(default_factory=dict)

    def counters(self) -> dict[str, int]:
        """E.g. "writes/contacts/inserted", "requests/POST /crm/{api}/objects/{type}/search"."""
        return cast("dict[str, int]", self._control("GET", "/counters"))

    def writes(self) -> dict[str, int]:
        """Only what was written: "contacts/inserted" -> how many."""
        counters = self.counters().items()
        return {name.removeprefix("writes/"): count for name, count in counters if name.startswith("writes/")}

    def fault(self, action: str, **arguments: Any) -> None:
        """Order a fault, see `lab.core.faults`: `lab.fault("reset", when="after_commit", path="/batch/")`."""
        self._control("POST", "/faults", {"action": action, **arguments})

    def faults(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self._control("GET", "/faults"))

    def clear_faults(self) -> None:
        self._control("DELETE", "/faults")

    def reset(self) -> None:
        """Empty data and the standard schema; account and credentials stay."""
        self._control("POST", "/reset")

    def advance_clock(self, seconds: float) -> None:
        self._control("POST", "/clock", {"advance_seconds": seconds})

    def set_search_lag(self, seconds: float) -> None:
        self._control("POST", "/search-lag", {"seconds": seconds})

    def control(self, name: str, **arguments: Any) -> Any:
        """A vendor's own control, see `App.controls`: `lab.control("variants", add=["person_accounts"])`."""
        return self._control("POST", f"/{name}", arguments)

    def alive(self) -> bool:
        """Its process runs, and is not another one that has got the same number since."""
        try:
            os.kill(self.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return not _is_zombie(self.pid) and _is_ours(self.pid)

    def kill9(self) -> None:
        """End the emulator as a power cut of its process would; `restart` shows what survived."""
        _end(self.pid, signal.SIGKILL)

    def restart(self) -> Self:
        """Start again on the same data and port."""
        if self.alive():
            _end(self.pid, signal.SIGTERM)
        port = int(self.base_url.rsplit(":", 1)[1])
        again = start([self.crm], data=Path(self.data), port=port, attached=True, **self.options)[0]
        self.pid, self.control_token = again.pid, again.control_token
        return self

    def stop(self) -> None:
        """End it; temporary data goes away."""
        _end(self.pid, signal.SIGTERM)
        if self.temporary:
            shutil.rmtree(self.data, ignore_errors=True)

    def _control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"X-Lab-Control": self.control_token}
        response = _http().request(method, f"{self.base_url}/__lab__{path}", json=body, headers=headers)
        if response.is_error:
            raise LabError(f"the {self.crm} lab refused {method} {path}: {response.text}")
        return response.json() if response.content else None


def start(
    crms: Sequence[str], *, data: Path | None = None, port: int = 0, attached: bool = False, **options: Any
) -> list[Emulator]:
    """Start one process per CRM and wait until all answer. `options` are those of `core.app.Options`.

    `attached`: the emulators end when this process does. Raises LabError where one does not come up.
    """
    starting = [_spawn(crm, data, port, attached, options) for crm in crms]
    try:
        return [_wait(process, ready) for process, ready in starting]
    except LabError:
        for process, _ in starting:
            _end(process.pid, signal.SIGKILL)
        raise


@cache
def _http() -> httpx.Client:
    """Without TLS certificates: loopback only, and loading them takes longer than the requests. One for as long as this process lives."""
    client = httpx.Client(timeout=30, trust_env=False, verify=False)
    atexit.register(client.close)
    return client


@contextmanager
def running(*crms: str, **options: Any) -> Iterator[Any]:
    """`with running("hubspot", "salesforce") as (hubspot, salesforce):`; with one CRM, the emulator itself."""
    emulators = start(crms, attached=True, **options)
    try:
        yield emulators[0] if len(crms) == 1 else tuple(emulators)
    finally:
        for emulator in emulators:
            emulator.stop()


def _spawn(
    crm: str, data: Path | None, port: int, attached: bool, options: dict[str, Any]
) -> tuple[subprocess.Popen[bytes], Path]:
    temporary = data is None
    folder = Path(tempfile.mkdtemp(prefix=f"crm-lab-{crm}-")) if data is None else data.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / f"{crm}.ready.json"
    ready.unlink(missing_ok=True)
    settings = {
        "options": asdict(Options(crm=crm, **options)),
        "given": options,
        "data": str(folder),
        "temporary": temporary,
        "port": port,
        "attached": attached,
        "ready": str(ready),
    }
    with (folder / f"{crm}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sdrbot_skills.lab", "serve", orjson.dumps(settings).decode()],
            stdin=subprocess.PIPE if attached else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _CHILDREN[process.pid] = process
    return process, ready


def _wait(process: subprocess.Popen[bytes], ready: Path) -> Emulator:
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            log = ready.with_suffix("").with_suffix(".log")
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise LabError(f"the emulator did not start: {tail.strip() or 'no answer in time'}")
        time.sleep(0.02)
    return Emulator(**orjson.loads(ready.read_bytes()))


_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


def _end(pid: int, number: signal.Signals) -> None:
    """Signal a process that we started and wait for its end; after STOP_SECONDS kill it."""
    child = _CHILDREN.pop(pid, None)
    try:
        os.kill(pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while child.poll() is None if child else not _is_zombie(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                deadline += STOP_SECONDS
            time.sleep(0.01)
            if not child:
                os.kill(pid, 0)
    except ProcessLookupError:
        pass  # gone, which is what was asked for
    if child:
        child.wait()
        if child.stdin:
            child.stdin.close()


def _is_ours(pid: int) -> bool:
    """By its command line, where the system shows it."""
    try:
        return b"sdrbot_skills.lab" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return True


def _is_zombie(pid: int) -> bool:
    """Ended, but its parent has not asked: Linux only, elsewhere never."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, IndexError):
        return False
