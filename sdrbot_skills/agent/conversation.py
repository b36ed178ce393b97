"""One session of the chat: feeds the graph, draws what comes, and asks the person itself where the graph is interrupted."""

from __future__ import annotations

import time
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langgraph.types import Command
from rich.console import Console

from sdrbot_skills.agent import chat_commands
from sdrbot_skills.agent.drawing import Working
from sdrbot_skills.agent.graph import Graph, waiting_calls
from sdrbot_skills.agent.plan_words import ask_question
from sdrbot_skills.agent.prompt import read_line
from sdrbot_skills.agent.typed_secrets import REFUSED, looks_secret
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.runs import approving, privileged
from sdrbot_skills.runs.directory import open_run
from sdrbot_skills.runs.state import Status

STEPS_PER_TURN = 1000
"""How often model and tools may take turns before the person is asked again: a run of hours is waited for a minute at a time."""


class Conversation:
    """A session of this name in the graph's checkpoints. `masked`: the model sees shapes, so what it cannot say is shown to the person here."""

    def __init__(self, graph: Graph, session: str, console: Console, *, masked: bool) -> None:
        self._graph = graph
        self._config: Any = {"configurable": {"thread_id": session}, "recursion_limit": STEPS_PER_TURN}
        self._console = console
        self._masked = masked
        self._typed = ""
        self._mode = privileged.current()

    def turn(self, text: str) -> bool:
        """One thing the person typed; False to leave."""
        if looks_secret(text):
            self._console.print(REFUSED, style="yellow", markup=False)
            return True
        self._typed = text.strip()
        self._mind_the_mode()
        if not self._typed:
            return True
        if self._typed.startswith("/"):
            return chat_commands.run(self._typed, self._console)
        self._drive({"messages": [HumanMessage(self._typed)]})
        return True

    def _mind_the_mode(self) -> None:
        """Say that privileged mode has run out; and that it is on, where there is no prompt that shows it."""
        mode = privileged.current()
        if self._mode is not None and mode is None and self._mode.until <= time.time():
            self._console.print(f"Privileged mode for {self._mode.account_name} has run out.", markup=False)
        if mode is not None and not self._console.is_terminal:
            self._console.print(mode.banner, markup=False)
        self._mode = mode

    def pick_up(self) -> bool:
        """Go on where this session was cut off; where it waited for the person, say again what was asked. False for a new session."""
        state = self._graph.get_state(self._config)
        messages: list[BaseMessage] = state.values.get("messages", [])
        if not messages:
            return False
        self._console.print("[dim]going on where this session stopped[/]")
        if state.interrupts:
            self._drive(self._decide(state.interrupts[0].value))
        elif state.next:
            self._drive(None, cut_off=waiting_calls(messages))
        else:
            self._draw(messages[-1:])
        return True

    def _drive(self, step: Any, cut_off: list[ToolCall] | None = None) -> None:
        """Let the graph work until it waits for the person. Ctrl-C ends the waiting; a run goes on in its own process."""
        try:
            self._work(step, cut_off or [])
        except KeyboardInterrupt:
            self._console.print(
                "Stopped here. A run that is at work goes on by itself; `status` shows it.", markup=False
            )
        except MigrationError as error:
            self._console.print(str(error), style="red", markup=False)
        except Exception as error:  # noqa: BLE001 a model provider's library raises what it likes; the session must outlive it
            name = type(error).__name__
            self._console.print(
                f"The model could not answer ({name}: {error}). Say it again.", style="red", markup=False
            )

    def _work(self, step: Any, calls: list[ToolCall]) -> None:
        asked = self._stream(step, calls)
        while asked is not None:
            asked = self._stream(self._decide(asked), waiting_calls(self._messages()))

    def _stream(self, step: Any, calls: list[ToolCall]) -> dict[str, Any] | None:
        """Let the graph work; what it asks the person, if it does."""
        asked = None
        with Working(self._console, calls) as working:
            for update in self._graph.stream(step, self._config, stream_mode="updates"):
                if "__interrupt__" in update:
                    asked = update["__interrupt__"][0].value
                    continue
                messages = [message for change in update.values() if change for message in change["messages"]]
                self._draw(messages)
                working.follow(waiting_calls([*self._messages(), *messages]))
        return asked

    def _messages(self) -> list[BaseMessage]:
        found: list[BaseMessage] = self._graph.get_state(self._config).values.get("messages", [])
        return found

    def _draw(self, messages: list[BaseMessage]) -> None:
        for message in messages:
            if isinstance(message, AIMessage) and message.text:
                self._console.print(str(message.text), markup=False)
            elif isinstance(message, ToolMessage) and self._masked:
                self._show_hidden(message)

    def _show_hidden(self, message: ToolMessage) -> None:
        """Questions about people and values are asked of the person in full, where the model can only tell their shape."""
        document = message.artifact if isinstance(message.artifact, dict) else {}
        for question in document.get("questions", []):
            if question["personal"]:
                self._console.print(f"{question['id']}:", ask_question(question).text, markup=False)

    def _decide(self, question: dict[str, Any]) -> Command[Any]:
        """Ask the person. The answer goes to the run (an approval) or back into the graph (a plain yes or no); a model never sees this prompt."""
        try:
            if question["ask"] == "approve":
                self._approve(question["run"])
                return Command(resume="look again")
        except (MigrationError, EOFError) as error:
            self._console.print(str(error) or "No answer.", style="red", markup=False)
            return Command(resume="look again")
        return Command(resume=self._agrees(f"Carry the rest of run {question['run']}? (yes/no)"))

    def _approve(self, run_id: str) -> None:
        run = open_run(run_id)
        if run.state().status == Status.REHEARSED:
            approving.approve(run, console=self._console, channel="chat")

    def _agrees(self, text: str) -> bool:
        """Whether the person says yes; who has just typed `continue` has said it."""
        if self._typed.lower() == "continue":
            self._typed = ""
            return True
        self._console.print(text, markup=False)
        return read_line().strip().lower() in {"yes", "y", "continue"}
