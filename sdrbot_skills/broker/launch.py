"""Starting and stopping a broker from the host side. Credentials go through the pipe to its standard input and through nothing else."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from sdrbot_skills.broker.folders import private_folder, remove_private_folder
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.broker.spec import RECORD, BrokerSpec
from sdrbot_skills.credentials.environment import scrubbed_environment
from sdrbot_skills.errors import ConfigurationError, ReauthenticateNeeded, Refused, Retriable

START_SECONDS = 60.0
_STOP_SECONDS = 15.0


@dataclass
class BrokerHandle:
    """A running broker. `connections` are facts without secrets; `socket` is what goes into a sandbox, `control` never does.

    `detached`: it lives on without who started it. `audit_from`: where in its audit this use of it begins, in bytes.
    """

    purpose: str
    socket: Path
    control: Path | None
    pid: int
    connections: list[dict[str, Any]]
    trusted_dir: Path | None = None
    detached: bool = False
    audit_from: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def status(self) -> dict[str, Any]:
        """Counts, budgets used, and how long it waits for which account."""
        path, address = (
            (self.control, "http://control/status") if self.control else (self.socket, "http://broker/status")
        )
        reply: dict[str, Any] = _ask(Path(path), "GET", address)
        return reply

    def summary(self) -> dict[str, Any]:
        """What was really written, from the ledger: distinct rows per object and operation, and how many sends are in doubt."""
        if self.trusted_dir is None or not (self.trusted_dir / "ledger.sqlite").exists():
            return {"rows": {}, "in_doubt": 0}
        ledger = Ledger(self.trusted_dir / "ledger.sqlite", read_only=True)
        try:
            return {"rows": ledger.counts(), "in_doubt": len(ledger.in_doubt())}
        finally:
            ledger.close()

    def alive(self) -> bool:
        """Whether it still answers."""
        if self._process is not None:
            return self._process.poll() is None
        try:
            self.status()
        except ConfigurationError:
            return False
        return True

    def stop(self) -> None:
        """End it and wait until its files are closed. Safe to call twice."""
        if self._process is None:
            if self.control is not None and self.alive():
                _ask(self.control, "POST", "http://control/stop")
                self.wait_until_gone(_STOP_SECONDS)
            return
        if self._process.poll() is None:
            self._process.terminate()
        _reap(self._process)

    def wait_until_gone(self, seconds: float) -> bool:
        """Whether it has ended within so many seconds: its last answers are taken down and its files are closed and tidied away."""
        deadline = time.monotonic() + seconds
        while (alive := self.alive()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return not alive

    def __enter__(self) -> BrokerHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(spec: BrokerSpec) -> BrokerHandle:
    """Start a broker and wait until it is ready.

    Raises `ReauthenticateNeeded` (bad token), `Refused` (another account than approved), `Retriable` (host does not answer) or
    `ConfigurationError`, each naming the connection.
    """
    spec = _with_whole_paths(spec)
    with _error_log(spec) as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sdrbot_skills.broker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=scrubbed_environment(os.environ),
            start_new_session=spec.detached,
            cwd="/",
        )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(spec.wire())
    process.stdin.flush()
    if spec.detached:
        process.stdin.close()
    line = _first_line(process.stdout)
    if not line:
        process.kill()
        _reap(process)
        remove_private_folder(Path(str(spec.socket)).parent)
        raise ConfigurationError("The broker did not start; `crm-migrate doctor` looks for the reason.")
    reply = json.loads(line)
    if "error" in reply:
        _reap(process)
        remove_private_folder(Path(str(spec.socket)).parent)
        raise _error(reply["error"])
    if spec.detached:
        _leave(process)
        return _handle(reply, None, spec.trusted_dir)
    return _handle(reply, process, spec.trusted_dir)


def _leave(process: subprocess.Popen[bytes]) -> None:
    """It outlives us; a long chat would otherwise keep the ended process as a zombie."""
    assert process.stdout is not None
    process.stdout.close()
    threading.Thread(target=process.wait, daemon=True).start()


def _with_whole_paths(spec: BrokerSpec) -> BrokerSpec:
    """The broker's working directory is another one; a socket of its own folder where none is named."""
    paths: dict[str, str] = {
        "socket": str(Path(spec.socket or private_folder("crm-broker-") / "broker.sock").absolute())
    }
    if spec.trusted_dir is not None:
        paths["trusted_dir"] = str(Path(spec.trusted_dir).absolute())
    if isinstance(spec.undo, str):
        paths["undo"] = str(Path(spec.undo).absolute())
    return spec.model_copy(update=paths)


def attach(trusted_dir: Path) -> BrokerHandle | None:
    """The detached broker that serves a run, None where none is alive."""
    try:
        reply = json.loads((trusted_dir / RECORD).read_bytes())
    except FileNotFoundError:
        return None
    handle = _handle(reply, None, str(trusted_dir))
    return handle if handle.alive() else None


def _handle(reply: dict[str, Any], process: subprocess.Popen[bytes] | None, trusted_dir: str | None) -> BrokerHandle:
    return BrokerHandle(
        purpose=reply["purpose"],
        socket=Path(reply["socket"]),
        control=Path(reply["control"]) if reply["control"] else None,
        pid=reply["pid"],
        connections=reply["connections"],
        trusted_dir=Path(trusted_dir) if trusted_dir else None,
        detached=reply["detached"],
        _process=process,
    )


def _error(error: dict[str, str]) -> Exception:
    kind, message, connection = error["kind"], error["message"], error["connection"]
    if kind == "bad_token":
        return ReauthenticateNeeded(message, connection)
    if kind == "wrong_account":
        return Refused(message, code=kind)
    if kind == "unreachable":
        return Retriable(message)
    return ConfigurationError(message)


def _error_log(spec: BrokerSpec) -> IO[bytes]:
    if spec.trusted_dir is None:
        return Path(os.devnull).open("ab")
    folder = Path(spec.trusted_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return (folder / "broker.log").open("ab")


def _first_line(pipe: IO[bytes]) -> bytes:
    ready, _, _ = select.select([pipe], [], [], START_SECONDS)
    return pipe.readline() if ready else b""


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _ask(socket: Path, method: str, address: str) -> Any:
    if not socket.exists():  # httpx would leave its own socket open
        raise ConfigurationError(f"There is no broker at {socket} any more.")
    try:
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket), verify=False), trust_env=False, timeout=10
        ) as client:
            return client.request(method, address).json()
    except httpx.TransportError as error:
        raise ConfigurationError(f"The broker at {socket} does not answer.") from error
