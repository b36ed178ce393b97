"""What others do on the same practice CRMs, the target emptied before each: quick scripts, and other tools where they were asked for."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from sdrbot_skills.bench import peers
from sdrbot_skills.bench.figures import Figures
from sdrbot_skills.bench.labs import Labs
from sdrbot_skills.bench.product import Counters
from sdrbot_skills.bench.stage import Stage
from sdrbot_skills.lab.processes import Emulator

MOST_ONE_BY_ONE = 2_000
"""Enough to know what a call per record costs; at 20,000 it takes minutes and tells nothing more."""
SDK_WAIT = 5.0
"""Seconds between two looks at a bulk job, as the Salesforce SDK has it."""
_PROGRAMS = Path(peers.__file__).parent


@dataclass(frozen=True)
class Other:
    """One way to do it. `program`: a quick script's name, or what a shell runs with the interpreters of other tools in braces."""

    way: str
    program: str
    back: bool = False
    one_by_one: bool = False
    peer: bool = False


OTHERS = (
    Other("salesforce to hubspot: quick script, all in memory, batches of 100", "back_in_memory", back=True),
    Other("salesforce to hubspot: quick script, one call per record", "back_one_by_one", back=True, one_by_one=True),
    Other("salesforce to hubspot: dlt, batches of 100", "{dlt} dlt_pipeline.py back", back=True, peer=True),
    Other("hubspot to salesforce: quick script, all in memory, one bulk insert", "all_in_memory"),
    Other("hubspot to salesforce: quick script, one call per record", "one_by_one", one_by_one=True),
    Other("hubspot to salesforce: dlt, collections of 200", "{dlt} dlt_pipeline.py there", peer=True),
    Other(
        "hubspot to salesforce: Singer tap and CumulusCI, collections of 200",
        "{singer} singer_tap.py | {cumulusci} cumulusci_load.py",
        peer=True,
    ),
)
"""First those that read what the product has put into Salesforce."""


def compare(
    accounts: Labs,
    stage: Stage,
    records: int,
    *,
    wait: float = SDK_WAIT,
    pythons: Mapping[str, Path] | None = None,
    others: Sequence[Other] = OTHERS,
) -> Iterator[Figures]:
    """Each way's figures; other tools only where their interpreters are given. Salesforce has to hold the records already."""
    for other in others:
        if (other.one_by_one and records > MOST_ONE_BY_ONE) or (other.peer and pythons is None):
            continue
        source, target = (accounts.salesforce, accounts.back) if other.back else (accounts.hubspot, accounts.salesforce)
        yield _figures(other, source, target, stage, records, wait, pythons or {})


def _figures(
    other: Other,
    source: Emulator,
    target: Emulator,
    stage: Stage,
    records: int,
    wait: float,
    pythons: Mapping[str, Path],
) -> Figures:
    target.reset()
    counted = Counters((source, target))
    if other.peer:
        watched = stage.watch("-c", _command(other.program, pythons), program="/bin/sh")
    else:
        watched = stage.watch("-m", "sdrbot_skills.bench.quick_scripts", other.program, str(wait))
    figures = counted.since(other.way, records)
    told = orjson.loads(watched.output)
    figures.span, figures.cpu["script"] = told["seconds"], told["cpu"]
    figures.peak["script"] = sum(process.peak for process in watched.processes)
    figures.problems = {"lost": records - told["made"]}
    return figures


def _command(program: str, pythons: Mapping[str, Path]) -> str:
    """The programs by their full paths; what they log is left out."""
    steps = []
    for step in program.split(" | "):
        python, name, *words = step.format(**pythons).split()
        steps.append(f"{shlex.join([python, str(_PROGRAMS / name), *words])} 2>/dev/null")
    return " | ".join(steps)
