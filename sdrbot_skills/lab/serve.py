"""What an emulator's own process does: build the app, serve, say so in the ready file."""

import asyncio
import gc
import logging
import os
import sys
from pathlib import Path
from typing import Any

import orjson

from sdrbot_skills.lab.core.app import App, Options
from sdrbot_skills.lab.core.server import serve
from sdrbot_skills.lab.processes import build, suffix


def serve_process(settings: dict[str, Any]) -> None:
    """Runs until it is told to stop, or, when attached, until its parent is gone. Arguments as `_spawn` packs them."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    options = Options(**settings["options"])
    app = build(options, Path(settings["data"]))
    gc.freeze()  # a long-lived process: the imported modules need no visits by the collector
    gc.set_threshold(50_000, 20, 50)

    def ready(port: int) -> None:
        file = Path(settings["ready"])
        partial = file.with_suffix(".part")
        partial.write_bytes(orjson.dumps(_facts(app, settings)))
        partial.rename(file)

    asyncio.run(_serve(app, int(settings["port"]), ready, attached=bool(settings["attached"])))


async def _serve(app: App, port: int, ready: Any, *, attached: bool) -> None:
    task = asyncio.create_task(serve(app, port, ready))
    if attached:
        # The parent holds the other end of our standard input and never writes: readable means that it is gone.
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        logging.getLogger("sdrbot_skills.lab").info("the parent process has ended")


def _facts(app: App, settings: dict[str, Any]) -> dict[str, Any]:
    options = app.options
    end = suffix(options.name)
    return {
        "crm": options.crm,
        "name": options.name,
        "base_url": app.base_url,
        "account": {"id": options.account_id, "name": options.account_name},
        "env": {name + end: value for name, value in app.env().items()},
        "control_token": options.control_token,
        "pid": os.getpid(),
        "data": settings["data"],
        "temporary": settings["temporary"],
        "options": settings["given"],
    }
