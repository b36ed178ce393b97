"""One turn of the guide as a message: what it says, or the tool it calls, and what it keeps in mind until the next turn."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from sdrbot_skills.agent.guide_words import Said

PENDING, MORE = "guide_waits_for", "guide_has_more"
Pending = dict[str, Any]


def remembered(messages: Sequence[BaseMessage], what: str) -> Any:
    """What the guide kept in the last thing that it said."""
    for message in reversed(messages):
        if isinstance(message, AIMessage) and not message.tool_calls:
            return message.additional_kwargs.get(what)
    return None


def document_of(message: ToolMessage) -> dict[str, Any]:
    """The tool's full document where the message carries it; its text otherwise."""
    found = message.artifact if message.artifact is not None else message.content
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return {"error": {"message": found}}
    return found if isinstance(found, dict) else {}


def say(said: Said, pending: Pending | None = None) -> AIMessage:
    kept = {PENDING: pending, MORE: said.more}
    return AIMessage(content=said.text, additional_kwargs={key: value for key, value in kept.items() if value})


def call(tool: str, text: str = "", /, **arguments: Any) -> AIMessage:
    call = {"name": tool, "args": arguments, "id": f"guide-{uuid.uuid4().hex[:12]}"}
    return AIMessage(content=text, tool_calls=[call])
