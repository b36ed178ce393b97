"""Practice accounts of the six CRMs: one to read from, one to write to, one for the way back, each emptied between directions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sdrbot_skills.lab.plain import ACCOUNTS, Account
from sdrbot_skills.lab.processes import Emulator, running

SOURCE, TARGET, BACK = "default", "target", "back"
VARIANTS = {"salesforce": ["multi_currency"]}
"""So that an amount keeps its currency wherever it goes."""

Labs = dict[tuple[str, str], Emulator]


@contextmanager
def practice_crms(sources: Iterable[str], targets: Iterable[str]) -> Iterator[Labs]:
    """The accounts that directions between these need, down at the end."""
    with ExitStack() as stack:
        found: Labs = {}
        wanted = [(crm, name) for name in (SOURCE, BACK) for crm in sources] + [(crm, TARGET) for crm in targets]
        for crm, name in wanted:
            more: dict[str, Any] = {} if name == SOURCE else {"account_name": f"Northwind Practice Co {name}"}
            up = running(crm, name=name, search_lag=0.0, variants=VARIANTS.get(crm, []), **more)
            found[crm, name] = stack.enter_context(up)
        yield found


def connection(emulator: Emulator) -> str:
    """What a practice account is called as a connection."""
    return emulator.crm if emulator.name == SOURCE else f"{emulator.crm}-{emulator.name}"


def emptied(emulator: Emulator) -> Account:
    """The account without records, as plainly reached."""
    emulator.reset()
    emulator.clear_faults()
    return ACCOUNTS[emulator.crm](emulator)
