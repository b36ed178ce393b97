"""Telling the person, who is elsewhere, that a run waits, wants them, has ended or has failed: on the desktop, and by a command of their own.

Neither gets anything but the run's name and its state: no reason, no figure, no customer's value, and nothing of the environment that a credential
could be in.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.runs.directory import RunDirectory, write_whole
from sdrbot_skills.runs.home import state_directory
from sdrbot_skills.runs.state import RunState, Status

News = Literal["paused", "needs_you", "done", "failed"]
WORDS: dict[News, str] = {
    "paused": "pauses, and goes on by itself",
    "needs_you": "needs you",
    "done": "is done",
    "failed": "has stopped with an error",
}
SECONDS = 20.0
_KEPT = ("PATH", "HOME", "LANG", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")


def set_command(command: str) -> None:
    """Have this command run with a run's name and state whenever there is news; an empty one ends that. Raises `ConfigurationError`."""
    words = shlex.split(command)
    if words and shutil.which(words[0]) is None:
        raise ConfigurationError(f"There is no program {words[0]!r} to run. Nothing was changed.")
    write_whole(_settings(), json.dumps({"notify": words}).encode())


def command() -> list[str]:
    """The person's own command, empty where there is none."""
    try:
        return [str(word) for word in json.loads(_settings().read_bytes())["notify"]]
    except (
        FileNotFoundError,
        ValueError,
        KeyError,
        TypeError,
    ):  # nothing set, or half-edited by hand: then there is none
        return []


def news(state: RunState) -> News | None:
    """What there is to tell of a state; `None` while a run is at work, or before it has begun."""
    if state.status == Status.PAUSED:
        return "paused" if state.wake_at else "needs_you"
    found: dict[Status, News] = {Status.PILOT_DONE: "needs_you", Status.DONE: "done", Status.FAILED: "failed"}
    return found.get(state.status)


def notify(run: RunDirectory) -> None:
    """Tell what there is to tell. A notice that cannot be given is no reason to stop a run: it is noted in the worker's log."""
    told = news(run.state())
    if told is None:
        return
    for words in (_on_desktop(run.id, WORDS[told]), [*command(), run.id, told] if command() else []):
        if words:
            _run(words)


def _on_desktop(run_id: str, words: str) -> list[str]:
    text = f"Run {run_id} {words}."
    if sys.platform == "darwin" and shutil.which("osascript"):
        return ["osascript", "-e", f'display notification "{text}" with title "crm-migrate"']
    if shutil.which("notify-send") and any(os.environ.get(name) for name in _DESKTOP):
        return ["notify-send", "--app-name=crm-migrate", "crm-migrate", text]
    return []


def _run(words: Sequence[str]) -> None:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        ended = subprocess.run(
            words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"The notice by {words[0]} was not given: {type(error).__name__}\n")
        return
    if ended.returncode:
        sys.stderr.write(f"The notice by {words[0]} ended with exit code {ended.returncode}.\n")


def _settings() -> Path:
    return state_directory() / "settings.json"
