"""A run's folder: `sealed/` is what was shown and approved, `trusted/` what the broker and we recorded, `work/` what the script wrote.

Only `work/` can be written from the sandbox; it is read through `sandbox.reading`, which follows no link.
"""

from __future__ import annotations

import fcntl
import glob
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.runs.conversations import forget_conversations
from sdrbot_skills.runs.home import copies_directory, state_directory
from sdrbot_skills.runs.state import RunKind, RunState, Status
from sdrbot_skills.sandbox.reading import read_untrusted

FORGOTTEN = "forgotten.json"


class RunDirectory:
    """One run on disk. Files are replaced whole, never half-written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.sealed = path / "sealed"
        self.trusted = path / "trusted"
        self.work = path / "work"

    @property
    def plan_path(self) -> Path:
        return self.sealed / "plan.yaml"

    @property
    def script_path(self) -> Path:
        return self.sealed / "script.py"

    @property
    def scope_path(self) -> Path:
        return self.sealed / "scope.sqlite"

    @property
    def journal_path(self) -> Path:
        return self.work / "journal.sqlite"

    @property
    def is_forgotten(self) -> bool:
        """Whether its customer values were removed; only counts, state and audit are left of it then."""
        return (self.trusted / FORGOTTEN).exists()

    def need_memory(self, purpose: str) -> None:
        """Raise `ConfigurationError` where the run was forgotten, so that `purpose` is no longer possible."""
        if self.is_forgotten:
            raise ConfigurationError(
                f"What run {self.id} carried was forgotten (`crm-migrate forget`), so there is nothing left to {purpose} by. "
                f"Its counts stay: `crm-migrate status {self.id}`."
            )

    def state(self) -> RunState:
        """The run's state as last written."""
        return RunState.model_validate_json((self.trusted / "state.json").read_bytes())

    def save_state(self, state: RunState) -> RunState:
        """Write the state and give it back."""
        write_whole(self.trusted / "state.json", state.model_dump_json(indent=1).encode())
        return state

    def move(self, status: Status, note: str = "", **changes: Any) -> RunState:
        """Change the status (and other fields of the state named in `changes`)."""
        wake_at = changes.pop("wake_at", None)
        with self._alone():
            return self.save_state(self.state().moved(status, note, wake_at=wake_at).model_copy(update=changes))

    def update(self, **changes: Any) -> RunState:
        """Change fields of the state other than the status."""
        with self._alone():
            return self.save_state(self.state().model_copy(update=changes))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Command line and worker both change the state; neither must write back what it read before the other wrote."""
        descriptor = os.open(self.trusted / "state.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def write_json(self, part: str, name: str, document: Any) -> None:
        """Write a JSON document into `sealed` or `trusted`."""
        write_whole(self.path / part / name, json.dumps(document, indent=1, ensure_ascii=False, default=str).encode())

    def read_json(self, part: str, name: str) -> Any:
        """Read a JSON document; `None` where there is none. `work` is read as untrusted."""
        try:
            body = read_untrusted(self.work, name) if part == "work" else (self.path / part / name).read_bytes()
        except FileNotFoundError:
            return None
        return json.loads(body)

    def copy_for_people(self, name: str, body: bytes) -> Path:
        """Put a copy where people and agents look."""
        path = copies_directory(self.id) / name
        write_whole(path, body, mode=0o644)
        return path


def write_whole(path: Path, body: bytes, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old one or the new one."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


def create_run(
    kind: RunKind,
    *,
    source: str,
    target: str,
    target_account: str,
    environment: str,
    objects: list[str],
    parent: str | None = None,
) -> RunDirectory:
    """A new, empty run."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    run = RunDirectory(state_directory() / "runs" / f"{stamp}-{secrets.token_hex(2)}")
    for part in (run.sealed, run.trusted, run.work):
        part.mkdir(mode=0o700, parents=True)
    state = RunState(
        id=run.id,
        kind=kind,
        parent=parent,
        source=source,
        target=target,
        target_account=target_account,
        environment=environment,
        objects=objects,
        created_at=time.time(),
    )
    run.save_state(state.moved(Status.PREPARED))
    _remember(run)
    return run


def open_run(run_id: str) -> RunDirectory:
    """The run of that id (any unambiguous beginning will do)."""
    found = [run for run in all_runs() if run.id == run_id] or [run for run in all_runs() if run.id.startswith(run_id)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigurationError(f"There is no run {run_id!r} here. `crm-migrate runs` lists them.")
    raise ConfigurationError(f"{run_id!r} could be any of {', '.join(run.id for run in found)}. Give more of its name.")


def open_anywhere(run_id: str) -> RunDirectory:
    """The run of that id, here or in another working directory of this user."""
    try:
        return open_run(run_id)
    except ConfigurationError:
        found = sorted(path for path in _remembered().glob(f"{glob.escape(run_id)}*") if (path / "trusted").is_dir())
        if len(found) != 1:
            raise
        return RunDirectory(found[0].resolve())


def _remember(run: RunDirectory) -> None:
    """Where the run lies, so that it is found from any folder."""
    try:
        _remembered().mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in _remembered().iterdir():
            if not path.exists():
                path.unlink(missing_ok=True)  # its folder is gone
        (_remembered() / run.id).symlink_to(run.path)
    except OSError:  # a home that cannot be written to: then it is found in its own folder only
        return


def _remembered() -> Path:
    return user_data_path("crm-migrate") / "runs"


def all_runs() -> Iterator[RunDirectory]:
    """Every run of this working directory, oldest first."""
    root = state_directory() / "runs"
    if not root.is_dir():
        return
    for path in sorted(root.iterdir()):
        if (path / "trusted" / "state.json").is_file():
            yield RunDirectory(path)


def need_standing(run: RunDirectory) -> None:
    """Raise `Refused` where the run was taken back: what it carried is gone from the target, so nothing can follow it."""
    by = taken_back_by(run)
    if by is not None:
        raise Refused(
            f"Run {run.id} was taken back by run {by.id}, so nothing can follow it. Make a dry run of its plan: "
            "`crm-migrate dry-run plan.yaml`.",
            code="taken_back",
        )


def taken_back_by(run: RunDirectory) -> RunDirectory | None:
    """The undo that took a run back, `None` where the run stands."""
    undone = (one for one in all_runs() if (state := one.state()).kind == "undo" and state.parent == run.id)
    return next((one for one in undone if one.state().status is Status.DONE), None)


def forget(run: RunDirectory) -> None:
    """Remove every customer value of a run; its state, counts, fingerprint and audit stay. Conversations that spoke of it go whole."""
    shutil.rmtree(run.work)
    run.work.mkdir(mode=0o700)
    for name in ("scope.sqlite", "script.py"):
        (run.sealed / name).unlink(missing_ok=True)
    for name in ("dry.json", "live.json", "verify.json"):
        document = run.read_json("trusted", name)
        if document is not None:
            run.write_json(
                "trusted", name, {key: document[key] for key in ("counts", "total", "objects") if key in document}
            )
    (run.trusted / "last-words.txt").unlink(missing_ok=True)
    shutil.rmtree(copies_directory(run.id))
    run.write_json("trusted", FORGOTTEN, {"at": time.time()})
    forget_conversations([name for name in (run.id, run.state().plan_file) if name])
