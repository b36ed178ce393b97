"""The practice CRMs of one size: a HubSpot with contacts, an empty Salesforce, and an empty second HubSpot for the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sdrbot_skills.bench.people import seed
from sdrbot_skills.lab.processes import Emulator, running


@dataclass
class Labs:
    """Three practice accounts."""

    hubspot: Emulator
    salesforce: Emulator
    back: Emulator

    def all(self) -> tuple[Emulator, ...]:
        """Each of them."""
        return self.hubspot, self.salesforce, self.back

    def empty_targets(self) -> None:
        """As they were at the start."""
        self.salesforce.reset()
        self.back.reset()

    @contextmanager
    def limited(self) -> Iterator[None]:
        """With the vendors' rate limits, until the block ends."""
        self._restart("vendor")
        try:
            yield
        finally:
            self._restart("none")

    @contextmanager
    def delayed(self, milliseconds: int) -> Iterator[None]:
        """With each answer late by so much, until the block ends."""
        for emulator in self.all():
            emulator.fault("latency", ms=milliseconds, times=0)
        try:
            yield
        finally:
            for emulator in self.all():
                emulator.clear_faults()

    def _restart(self, limits: str) -> None:
        for emulator in self.all():
            emulator.options["limits"] = limits
            emulator.restart()


@contextmanager
def labs(records: int) -> Iterator[Labs]:
    """Up with that many contacts, down at the end."""
    with (
        running("hubspot", "salesforce") as (hubspot, salesforce),
        running("hubspot", name="back", account_name="Northwind Practice Co Back") as back,
    ):
        seed(hubspot, records)
        yield Labs(hubspot, salesforce, back)
