"""What is to be seen while something takes long: what is happening, how far a run is, and that privileged mode is on."""

from __future__ import annotations

import time
from types import TracebackType

from langchain_core.messages import ToolCall
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from sdrbot_skills.agent.prompt import banner
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.runs import going
from sdrbot_skills.runs.directory import open_run

DOING = {
    "propose_mapping": "reading both schemas and a sample, proposing a mapping",
    "answer_question": "putting your answer into the plan",
    "change_plan": "changing the plan as you said",
    "held_back": "looking up what was held back",
    "leave_out_schema_changes": "taking the new fields out of the plan",
    "prepare_schema_changes": "preparing the new fields",
    "dry_run": "dry run: reading everything, writing nothing",
    "retry_run": "dry run of what is left",
    "delta_run": "dry run of what came or changed since",
    "undo_run": "looking at what would be taken back",
    "request_live_run": "starting",
    "continue_run": "checking that nothing changed, going on",
    "resume_run": "checking that nothing changed, going on",
    "verify_run": "reading source and target anew, comparing every record",
    "report_run": "writing the report",
    "wait_for_run": "at work (Ctrl-C leaves it at work)",
    "execute_python": "running the script in the sandbox, reading only",
}
FRAMES_PER_SECOND = 4
ASKING = ("request_live_run", "continue_run")


class Working:
    """A line that lives while the graph works; on anything but a terminal each step is one plain line."""

    def __init__(self, console: Console, calls: list[ToolCall]) -> None:
        self._console = console
        self._spinner = Spinner("dots")
        self._began = time.monotonic()
        self._call: ToolCall | None = None
        self._live = Live(
            console=console, get_renderable=self._picture, refresh_per_second=FRAMES_PER_SECOND, transient=True
        )
        self.follow(calls)

    def follow(self, calls: list[ToolCall]) -> None:
        """The next call is about to be carried out (none: the model thinks)."""
        self._call, self._began = (calls[0] if calls else None), time.monotonic()
        if self._call and not self._console.is_terminal and self._call["name"] not in ASKING:
            self._console.print(f"· {self._doing()}", markup=False)

    def __enter__(self) -> Working:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def _doing(self) -> str:
        name = self._call["name"] if self._call else "thinking"
        return DOING.get(name, name.replace("_", " "))

    def _picture(self) -> RenderableType:
        seconds = int(time.monotonic() - self._began)
        self._spinner.update(text=f"{self._doing()} · {seconds} s{self._progress()}")
        shown = banner()
        return Group(self._spinner, Text(shown, style="reverse bold")) if shown else self._spinner

    def _progress(self) -> str:
        if self._call is None or self._call["name"] != "wait_for_run":
            return ""
        try:
            figures = going.progress(open_run(self._call["args"]["run"]))
        except (MigrationError, KeyError):
            return ""  # the step itself says what is wrong
        told = [f"{name} {done:,}" + (f" of {total:,}" if total else "") for name, (done, total) in figures.items()]
        return "".join(f" · {one}" for one in told)
