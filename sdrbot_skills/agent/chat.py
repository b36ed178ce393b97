"""The chat in a terminal: sessions in SQLite, progress while a run is at work, approval at its own prompt, `/setup`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.sqlite import SqliteSaver
from rich.console import Console

from sdrbot_skills.agent.conversation import Conversation
from sdrbot_skills.agent.graph import build_graph
from sdrbot_skills.agent.guide import GuideModel
from sdrbot_skills.agent.guide_words import HELP
from sdrbot_skills.agent.prompt import typed_lines
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.runs.conversations import SESSIONS
from sdrbot_skills.runs.home import state_directory


def chat(model_name: str | None, session: str, console: Console, *, masked: bool = True) -> None:
    """Talk until the person leaves. Without a model's name the guide leads."""
    model = named_model(model_name) if model_name else GuideModel()
    with saved_sessions() as saver:
        graph = build_graph(model, checkpointer=saver, masked=masked)
        talk = Conversation(graph, session, console, masked=masked and model_name is not None)
        console.print(f"[bold]crm-migrate chat[/] · {model_name or 'the built-in guide'} · session {session}")
        if not talk.pick_up():
            console.print(HELP, markup=False)
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
    try:
        model: BaseChatModel = init_chat_model(name)
    except (ImportError, ValueError) as error:
        raise ConfigurationError(f"There is no model {name!r} here: {error}") from error
    return model


@contextmanager
def saved_sessions() -> Iterator[SqliteSaver]:
    """Where conversations are kept, readable by their owner alone."""
    path = state_directory() / SESSIONS
    path.touch(mode=0o600)
    with SqliteSaver.from_conn_string(str(path)) as saver:
        yield saver
