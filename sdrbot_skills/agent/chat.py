"""The chat in a terminal: sessions in SQLite, progress while a run is at work, approval at its own prompt, `/setup`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory
from rich.console import Console

from sdrbot_skills.agent import chat_commands
from sdrbot_skills.agent.graph import Graph, build_graph
from sdrbot_skills.agent.guide import GuideModel
from sdrbot_skills.agent.guide_words import HELP
from sdrbot_skills.errors import ConfigurationError, MigrationError
from sdrbot_skills.runs import approving, privileged
from sdrbot_skills.runs.directory import open_run
from sdrbot_skills.runs.home import state_directory


def chat(model_name: str | None, session: str, console: Console, *, masked: bool = True) -> None:
    """Talk until the person leaves. Without a model's name the guide leads."""
    model = named_model(model_name) if model_name else GuideModel()
    with saved_sessions() as saver:
        talk = Conversation(build_graph(model, checkpointer=saver, masked=masked), session, console)
        console.print(f"[bold]crm-migrate chat[/] · {model_name or 'the built-in guide'} · session {session}")
        console.print(HELP)
        talk.pick_up()
        for text in typed_lines():
            if not talk.turn(text):
                return


def named_model(name: str) -> BaseChatModel:
    """A LangChain chat model by `provider:name`."""
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as error:
        raise ConfigurationError(
            "Models need the extra: pip install 'sdrbot-skills[chat]'. Without a model the built-in guide leads."
        ) from error
    made: BaseChatModel = init_chat_model(name)
    return made


@contextmanager
def saved_sessions() -> Iterator[SqliteSaver]:
    """Where conversations are kept, readable by their owner alone."""
    path = state_directory() / "sessions.sqlite"
    path.touch(mode=0o600)
    with SqliteSaver.from_conn_string(str(path)) as saver:
        yield saver


def typed_lines() -> Iterator[str]:
    """What the person types, line by line: with editing and history on a terminal, plainly from a pipe."""
    if not sys.stdin.isatty():
        yield from (line.rstrip("\n") for line in sys.stdin)
        return
    prompt: PromptSession[str] = PromptSession(history=FileHistory(str(state_directory() / "chat_history")))
    while True:
        try:
            yield prompt.prompt(_prompt_text)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


class Conversation:
    """One session: feeds the graph, draws what comes, and asks the person itself where the graph is interrupted."""

    def __init__(self, graph: Graph, session: str, console: Console) -> None:
        self.graph = graph
        self.config: Any = {"configurable": {"thread_id": session}, "recursion_limit": 100}
        self.console = console

    def turn(self, text: str) -> bool:
        """One thing the person typed; False to leave."""
        text = text.strip()
        if not text:
            return True
        if text.startswith("/"):
            return chat_commands.run(text, self.console)
        self._drive({"messages": [HumanMessage(text)]})
        return True

    def pick_up(self) -> None:
        """Go on where this session was interrupted, if it was."""
        waiting = self.graph.get_state(self.config)
        if waiting.interrupts:
            self.console.print("[dim]going on where this session stopped[/]")
            self._drive(self._decide(waiting.interrupts[0].value))

    def _drive(self, step: Any) -> None:
        while step is not None:
            interrupted = None
            for update in self.graph.stream(step, self.config, stream_mode="updates"):
                for node, change in update.items():
                    if node == "__interrupt__":
                        interrupted = change[0].value
                    elif change:
                        self._draw(change["messages"])
            step = self._decide(interrupted) if interrupted else None

    def _draw(self, messages: list[Any]) -> None:
        for message in messages:
            if isinstance(message, AIMessage):
                if message.content:
                    self.console.print(str(message.text), markup=False)
                for call in message.tool_calls:
                    self.console.print(f"[dim]· {call['name'].replace('_', ' ')}[/]")
            elif isinstance(message, ToolMessage) and message.status == "error":
                self.console.print(f"[red]{message.text}[/]", markup=False)

    def _decide(self, question: dict[str, Any]) -> Command[Any]:
        """Ask the person. The answer goes to the run (an approval) or back into the graph (a plain yes or no); a model never sees this prompt."""
        run = open_run(question["run"])
        if question["ask"] == "approve":
            try:
                approving.approve(run, page=False, console=self.console)
            except MigrationError as error:
                self.console.print(f"[red]{error}[/]", markup=False)
            return Command(resume="look again")
        self.console.print(f"Carry the rest of run {run.id}? (yes/no)")
        answer = next(typed_lines(), "no").strip().lower()
        return Command(resume=answer in {"yes", "y", "continue"})


def _prompt_text() -> str:
    mode = privileged.current()
    return f"[{mode.banner}]\n› " if mode else "› "
