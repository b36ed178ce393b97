"""What an admin tool is: a plain typed function on one CRM's client that looks at its schema, or says exactly how it would change it.

A tool that looks is marked `@reads` and returns plain data: bounded, concise, all pages. A tool that changes is marked `@changes` and sends
nothing: it looks up ids and before-images and returns a `Change`, whose requests are shown to the person, and then sent by
`runs.admin_calls` through a broker that lets through these requests and no other (method, path with its query, and the body byte for
byte in meaning). Right before they are sent the tool is asked once more, so it must give the same requests as long as nothing changed.

The first parameter is the CRM's own client; the others, typed `str`, `int`, `bool` or one of these `| None`, are what a caller gives. Name,
parameters and description of the tool come from the function. In what a reading tool returns, persons stand under the keys of `PERSONAL`,
which a model sees masked.

A CRM's folder has its tools in a module (or package) `admin_tools` with two names: `TOOLS`, a sequence of these functions, and
`send(client, request)`, which sends one request once and answers the body, its refusals being `ConfigurationError` in the vendor's words:
they speak of names here, not of customers.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from sdrbot_skills.errors import ConfigurationError

PERSONAL = frozenset({"email", "full_name", "first_name", "last_name", "phone"})
"""Keys under which a reading tool puts what is a person's."""

P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class Request(NamedTuple):
    """One exact vendor request. `path`: absolute and with its query, as the vendor sees it (`/crm/v3/properties/deals?archived=true`)."""

    method: str
    path: str
    body: Any = None


class Call(NamedTuple):
    """A call of another tool by its whole name, e.g. `hubspot_admin_delete_property`: the way back."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What a changing tool returns instead of sending.

    `says`: one plain sentence on what will happen, and to how much data where the vendor tells that cheaply. `before`: how it is now. `undo`: the
    way back as another call with its own approval, made from the answers where ids are known only from these. `shape`: the result made of
    the answers (one per request, in order); without it the last answer. It may read, through the client the tool was given.
    """

    requests: Sequence[Request]
    says: str
    before: Any = None
    undo: Call | Callable[[list[Any]], Call] | None = None
    destructive: bool = False
    shape: Callable[[list[Any]], Any] | None = None


@dataclass(frozen=True)
class Tool(Generic[P, R]):
    """A marked function; still called like one."""

    function: Callable[P, R]
    changes: bool

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    @property
    def name(self) -> str:
        """Without the CRM: `list_properties`."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """What a model and a person are told: the docstring."""
        return inspect.getdoc(self.function) or ""

    @cached_property
    def parameters(self) -> type[BaseModel]:
        """The parameters after the client, as a model that takes what a person or a model wrote and refuses what is not there."""
        hints = typing.get_type_hints(self.function)
        given = list(inspect.signature(self.function).parameters.values())[1:]
        fields: dict[str, Any] = {
            one.name: (hints[one.name], ... if one.default is inspect.Parameter.empty else one.default) for one in given
        }
        settings = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
        return create_model(self.name, __config__=settings, **fields)

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments in their types, defaults included. Raises `ConfigurationError` naming each that does not fit."""
        try:
            return self.parameters.model_validate(dict(arguments)).model_dump()
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise ConfigurationError(
                f"{self.name} was not called: {wrong}. It takes {', '.join(self.parameters.model_fields) or 'nothing'}."
            ) from None


AnyTool = Tool[..., Any]


class Toolbox(NamedTuple):
    """The admin tools of one CRM by their whole names, and how it sends a request of theirs."""

    tools: Mapping[str, AnyTool]
    send: Callable[[Any, Request], Any]


def reads(function: Callable[P, R]) -> Tool[P, R]:
    """Mark a tool that looks."""
    return Tool(function, changes=False)


def changes(function: Callable[P, Change]) -> Tool[P, Change]:
    """Mark a tool that changes."""
    return Tool(function, changes=True)


def whole_name(crm: str, tool: str) -> str:
    """The name a tool has outside of its CRM's folder."""
    return f"{crm}_admin_{tool}"


def crm_of(name: str) -> str:
    """The CRM in a tool's whole name; empty where it is no such name."""
    crm, mark, rest = name.partition("_admin_")
    return crm if mark and rest else ""


def given(**values: Any) -> dict[str, Any]:
    """The arguments of a changing tool that were given. Raises `ConfigurationError` where none was."""
    found = {name: value for name, value in values.items() if value is not None}
    if not found:
        raise ConfigurationError(f"Nothing to change: give one of {', '.join(values)}.")
    return found


def wording(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What differs, for `Change.says`: `label: Tier → Level; hidden: False → True`."""
    return "; ".join(
        f"{key}: {_said(before.get(key))} → {_said(value)}" for key, value in after.items() if before.get(key) != value
    )


def _said(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)
