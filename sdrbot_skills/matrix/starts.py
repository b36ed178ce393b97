"""The least that a live run asks before its first record: who answers, how both sides look now, and whether the target has anything.

Each once, and nothing that is known without asking: HubSpot's own association types are the same in every account ("Associations v4"), so
that only a plan with labels of the account has to ask for these. Schemas are asked for the three kinds of records and the links between
them, options and stages where these are calls of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Start(NamedTuple):
    """Calls of one side. `answers`: who it is; `schema`: how it looks; `empty`: how many records of the three kinds a target has; `why` in words."""

    answers: int
    schema: int
    empty: int
    why: str


STARTS: Mapping[str, Start] = {
    "hubspot": Start(
        2, 4, 3, "account, scopes; properties of three, pipelines of deals, own links known, no labels; a count each"
    ),
    "salesforce": Start(3, 3, 3, "token, user, organisation; a describe each, links among its fields; a count each"),
    "pipedrive": Start(
        1,
        6,
        4,
        "the user; fields of three, pipelines, stages, currencies; a list each, archived deals in one of their own",
    ),
    "zohocrm": Start(1, 4, 3, "the organisation; modules, fields of three; a count each"),
    "attio": Start(
        1, 8, 3, "the token; objects, attributes of three, options of three attributes, stages; a list each"
    ),
    "twenty": Start(1, 1, 3, "the workspace; all metadata at once; a list of one each"),
}


def least_start(source: str, target: str) -> int:
    """Of both sides."""
    ours, theirs = STARTS[source], STARTS[target]
    return ours.answers + ours.schema + theirs.answers + theirs.schema + theirs.empty
