"""The person at the terminal, as far as a conversation needs them: something is said, something is asked, a secret is typed unseen."""

from __future__ import annotations

import getpass
import os
import sys
import textwrap
import webbrowser
from collections.abc import Sequence
from typing import Protocol

from rich.console import Console

from sdrbot_skills.errors import Refused


class Person(Protocol):
    """Who is talked to."""

    def say(self, text: str = "") -> None:
        """Show a line."""

    def ask(self, text: str) -> str:
        """Ask for a line; an empty one is an answer too."""

    def secret(self, text: str) -> str:
        """Ask for something that is not shown while it is typed."""


class AtTerminal:
    """A person at a real terminal; `Refused` where there is none, since a secret must not come through a pipe."""

    def __init__(self, console: Console) -> None:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise Refused("A credential is typed at a real terminal; nothing was connected.", code="no_terminal")
        self._console = console

    def say(self, text: str = "") -> None:
        self._console.print(self._wrapped(text), markup=False, highlight=False, soft_wrap=True)

    def ask(self, text: str) -> str:
        sys.stderr.write(self._wrapped(f"{text}: "))
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise Refused("The terminal was closed; nothing more was asked.", code="no_terminal")
        return line.strip()

    def secret(self, text: str) -> str:
        return getpass.getpass(self._wrapped(f"{text} (it is not shown): "))

    def _wrapped(self, text: str) -> str:
        """Broken between words only: an address or a scope that a person copies stays whole."""
        lines = text.split("\n")
        return "\n".join(wrapped(line, self._console.width) for line in lines)


def wrapped(line: str, width: int) -> str:
    """A line broken between words; the space that ends a prompt stays."""
    body = line.rstrip(" ")
    told = textwrap.fill(body, max(width - 1, 20), break_long_words=False, break_on_hyphens=False)
    return told + line[len(body) :]


def agrees(person: Person, question: str, *, otherwise: bool) -> bool:
    """Yes or no; an empty answer means `otherwise`."""
    while True:
        answer = person.ask(f"{question} [{'Y/n' if otherwise else 'y/N'}]").casefold()
        if answer in ("y", "yes", "n", "no", ""):
            return answer.startswith("y") if answer else otherwise
        person.say("Please answer yes or no.")


def choose(person: Person, question: str, choices: Sequence[str], *, none: str = "") -> int | None:
    """The number of one of the choices, from 0; `None` for an empty answer where `none` says what that means."""
    for number, choice in enumerate(choices, 1):
        person.say(f"  {number}  {choice}")
    while True:
        answer = person.ask(f"{question}{f' (empty: {none})' if none else ''}")
        if not answer and none:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= len(choices):
            return int(answer) - 1
        named = [
            index for index, choice in enumerate(choices) if answer and choice.casefold().startswith(answer.casefold())
        ]
        if len(named) == 1:
            return named[0]
        person.say(f"Please type a number from 1 to {len(choices)}.")


def open_in_browser(page: str) -> bool:
    """Open a page, where there is a browser with a window; a text browser would take the terminal away from the conversation."""
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys():
        return False
    return webbrowser.open(page)
