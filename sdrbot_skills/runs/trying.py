"""Trying a credential for real: who answers, which scopes were granted and what the missing ones prevent, what it cannot see, and the plan's limits."""

from __future__ import annotations

from dataclasses import dataclass

from sdrbot_skills.broker.launch import start
from sdrbot_skills.broker.spec import BrokerSpec
from sdrbot_skills.credentials.guide import Guide, Missing, Way
from sdrbot_skills.credentials.model import ConnectionSpec
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Account, Allowance, Blindness
from sdrbot_skills.runs.brokers import adapter

OBJECTS = {"company", "person", "lead", "deal"}
SHOWN_BLIND = 4


@dataclass(frozen=True)
class Tried:
    """What a credential turned out to be. `granted` is `None` where the vendor does not tell scopes; then `blind` is what was found by trying."""

    account: Account
    granted: frozenset[str] | None
    missing: tuple[Missing, ...]
    too_much: tuple[str, ...]
    blind: tuple[Blindness, ...]
    allowances: tuple[Allowance, ...]


def try_out(spec: ConnectionSpec, guide: Guide, way: Way, *, reading_only: bool = False) -> Tried:
    """Connect through a read-only broker. Raises `ReauthenticateNeeded`, `ConfigurationError`, `Retriable` as a broker's start does."""
    with start(BrokerSpec(purpose="discover", connections=(spec,))) as broker:
        told = broker.connections[0].get("scopes")
        granted = frozenset(told) if told is not None else None
        missing = tuple(guide.missing(way, granted, reading_only=reading_only)) if granted is not None else ()
        crm = adapter(broker, spec.name)
        try:
            wanted = [entry.name for entry in crm.objects() if entry.standard in OBJECTS]
            found = crm.preflight(wanted)
            blind, allowances = found.blind, found.allowances
        except (
            ConfigurationError
        ) as error:  # without the right to look at the schema; the account is known all the same
            blind, allowances = (Blindness(subject=guide.label, message=str(error), blocks=True),), ()
        return Tried(
            account=crm.account(),
            granted=granted,
            missing=missing,
            too_much=_too_much(guide, granted or frozenset()) if reading_only else (),
            blind=blind,
            allowances=allowances,
        )


def told(tried: Tried, guide: Guide) -> list[str]:
    """The same in lines for a person."""
    account = tried.account
    lines = [f"Connected: {account.name} (account {account.id}, {account.environment.value})."]
    if tried.granted is None:
        lines.append(f"{guide.label} does not tell what this credential may do, so it was tried.")
    elif not tried.missing:
        lines.append("Granted: every scope that a migration uses.")
    lines += [f"  ✗ without {one.scope}: {one.prevents}" for one in tried.missing]
    ordered = sorted(tried.blind, key=lambda one: not one.blocks)
    shown = ordered[: max(SHOWN_BLIND, sum(one.blocks for one in ordered))]
    lines += [f"  {'✗' if one.blocks else '!'} {one.subject}: {one.message} {one.cure}".rstrip() for one in shown]
    if len(shown) < len(ordered):
        lines.append(f"  {len(ordered) - len(shown)} more of these: `crm-migrate discover {account.crm} --all`")
    lines += [f"  {_allowance(one)}" for one in tried.allowances]
    return lines


def _allowance(one: Allowance) -> str:
    limit = f"{one.limit:,.0f}" if one.limit is not None else "an unknown number of"
    if one.remaining is None:
        return f"{one.name}: {limit} {one.unit}; {one.unit} left are not told"
    return f"{one.name}: {one.remaining:,.0f} of {limit} {one.unit} left"


def _too_much(guide: Guide, granted: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted({right.writing for right in guide.rights if right.writing} & granted))
