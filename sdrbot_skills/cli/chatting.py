"""`chat`: the conversation in a terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from sdrbot_skills.cli.output import console


def add_to(app: typer.Typer) -> None:
    """Mount the command."""
    app.command()(chat)


def chat(
    model: Annotated[
        str | None, typer.Option(help="A LangChain chat model as provider:name; the built-in guide otherwise.")
    ] = None,
    session: Annotated[str, typer.Option(help="The conversation to go on with.")] = "default",
    true_values: Annotated[
        bool, typer.Option("--true-values", help="Show the model true values instead of their shape.")
    ] = False,
) -> None:
    """Talk: "migrate contacts and companies from HubSpot to Salesforce"."""
    from sdrbot_skills.agent.chat import (
        chat as talk,
    )  # loading LangGraph takes a second that other commands need not wait

    talk(model, session, console, masked=not true_values)
