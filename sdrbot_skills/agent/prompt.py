"""The person's own prompt: with editing and history on a terminal, plainly from a pipe. Privileged mode is shown at it all the time it is on."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory

from sdrbot_skills.agent.typed_secrets import looks_secret
from sdrbot_skills.runs import privileged
from sdrbot_skills.runs.home import state_directory

REFRESH_SECONDS = 10.0


class CarefulHistory(FileHistory):
    """What was typed, for the arrow keys, without keys and passwords."""

    def store_string(self, string: str) -> None:
        if not looks_secret(string):
            super().store_string(string)


def typed_lines() -> Iterator[str]:
    """What the person types, line by line, until they leave."""
    if not sys.stdin.isatty():
        yield from iter(sys.stdin.readline, "")
        return
    path = state_directory() / "chat_history"
    path.touch(mode=0o600)
    session: PromptSession[str] = PromptSession(history=CarefulHistory(str(path)), refresh_interval=REFRESH_SECONDS)
    while True:
        try:
            yield session.prompt(_prompt)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def read_line() -> str:
    """One line outside of the conversation; raises `EOFError` where there is nobody."""
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def banner() -> str | None:
    """What is shown while privileged mode is on."""
    mode = privileged.current()
    return mode.line if mode else None


def _prompt() -> FormattedText:
    shown = banner()
    above = [("reverse bold", f" {shown} "), ("", "\n")] if shown else []
    return FormattedText([*above, ("", "› ")])
