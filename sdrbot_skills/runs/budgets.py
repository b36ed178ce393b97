"""How many records and links a live run may write: what the dry run counted, and nothing beyond."""

from __future__ import annotations

from collections import Counter, defaultdict

from sdrbot_skills.broker.spec import Budget, Writable
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.plan import LinkMapping, Plan
from sdrbot_skills.model.results import DryRunResult
from sdrbot_skills.model.schema import LinkType


def budgets(plan: Plan, found: DryRunResult, target: Crm) -> tuple[Writable, dict[str, Budget]]:
    """What the broker lets through, and how much of it.

    Records the target already has may be updated, and records that the dry run kept back may be carried: a source record can change, or be mended,
    between dry run and live run. A link that is a field of a record written earlier is an update of it.
    """
    figures: dict[str, Counter[str]] = defaultdict(Counter)
    for name, entry in plan.objects.items():
        counts = found.counts[name]
        kept_back = counts.quarantine
        figures[entry.target].update(create=counts.create + kept_back, update=counts.update + counts.skip + kept_back)
        figures[entry.target].update(unsubscribe=found.opt_outs.get(name, 0))
        types = {link_type.name: link_type for link_type in target.link_types(entry.target)}
        for link, number in found.link_counts.get(name, {}).items():
            link_type = types[link]
            if link_type.field:
                figures[entry.target].update(update=number)
            else:
                figures[link_channel(link_type)].update(link=number)
    links = [
        link_channel(kind)
        for entry in plan.objects.values()
        for kind in _associations(entry.target, entry.links, target)
    ]
    writable = Writable(
        target=tuple(sorted({entry.target for entry in plan.objects.values()})), links=tuple(sorted(set(links)))
    )
    return writable, {name: Budget(**counter) for name, counter in figures.items()}


def link_channel(link_type: LinkType) -> str:
    """The name under which the broker's policy counts links of this type."""
    return link_type.counted_as or f"{link_type.object}->{link_type.to_object}"


def _associations(target_object: str, mappings: list[LinkMapping], target: Crm) -> list[LinkType]:
    wanted = {mapping.target for mapping in mappings}
    return [kind for kind in target.link_types(target_object) if kind.name in wanted and not kind.field]
