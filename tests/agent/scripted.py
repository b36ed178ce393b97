"""A chat model that plays a script and keeps everything it was shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from pydantic import Field


class ScriptedModel(GenericFakeChatModel):
    """Calls tools as its script says; `shown` is every text a provider would have received, `bound` the tools it has now."""

    shown: list[str] = Field(default_factory=list)
    last: list[BaseMessage] = Field(default_factory=list)
    bound: list[str] = Field(default_factory=list)

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **_: Any) -> ScriptedModel:
        self.bound[:] = [tool.name for tool in tools]
        return self

    def _generate(self, messages: list[BaseMessage], *rest: Any, **settings: Any) -> Any:
        self.last[:] = messages
        self.shown += [str(message.content) + str(getattr(message, "tool_calls", "")) for message in messages]
        return super()._generate(messages, *rest, **settings)

    def answer(self) -> Any:
        """What the last tool answered."""
        message = self.last[-1]
        assert isinstance(message, ToolMessage), message
        return json.loads(str(message.content)) if str(message.content).startswith("{") else str(message.content)


def call(name: str, /, **arguments: Any) -> AIMessage:
    """A turn with one tool call."""
    return calls((name, arguments))


def calls(*wanted: tuple[str, dict[str, Any]], ids: Iterator[str] | None = None) -> AIMessage:
    """A turn with several tool calls."""
    numbered = [
        {"name": name, "args": arguments, "id": next(ids) if ids else f"{name}-{number}"}
        for number, (name, arguments) in enumerate(wanted)
    ]
    return AIMessage(content="", tool_calls=numbered)
