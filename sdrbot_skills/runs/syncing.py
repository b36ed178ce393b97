"""The generated tools: one module per connection, from its live schema, where an agent without privileged mode reads what a CRM holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdrbot_skills.crm.registry import capabilities
from sdrbot_skills.runs.brokers import adapter, discover_broker, sources
from sdrbot_skills.runs.directory import write_whole
from sdrbot_skills.script.render_tools import render_tools


def sync(names: Sequence[str] = ()) -> list[Path]:
    """Write `generated/<connection>_tools.py` for these connections (all, unless named), and give the paths."""
    wanted = list(names) or [source.name for source in sources()]
    folder = Path("generated").absolute()
    folder.mkdir(exist_ok=True)
    written = []
    with discover_broker(wanted) as broker:
        for name in wanted:
            crm = adapter(broker, name)
            schemas = [crm.describe(entry.name) for entry in crm.objects() if entry.standard]
            text = render_tools(capabilities(crm.crm).label, name, crm.account(), schemas)
            path = folder / f"{name.replace('-', '_')}_tools.py"
            write_whole(path, text.encode(), mode=0o644)
            written.append(path)
    return written
