"""Whether a script still says what its plan says: hash and maps, both spellings shown where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.errors import PlanInvalid
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.script.maps import Maps, maps_of

_ABSENT = object()


def differences(plan: Plan, plan_sha256: str, maps: Maps) -> list[str]:
    """Every place where the script's maps are not the plan's; the hash only where the maps agree, since it says the least."""
    of_plan = maps_of(plan)
    found = [
        line
        for word in dict.fromkeys([*of_plan.fields, *maps.fields])
        for line in _object_differences(word, of_plan, maps)
    ]
    if not found and plan_sha256 != plan.digest():
        found.append(
            f"the script was rendered from another version of the plan (script {plan_sha256[:12]}, plan {plan.digest()[:12]}), "
            "which differs outside the maps: render it again; edited transform functions are kept"
        )
    return found


def ensure_same(plan: Plan, plan_sha256: str, maps: Maps) -> None:
    """Raise `PlanInvalid` with both spellings where script and plan differ."""
    found = differences(plan, plan_sha256, maps)
    if found:
        advice = "to keep what the script says: `crm-migrate plan --from-script`; to keep what the plan says: `crm-migrate render`"
        raise PlanInvalid([*found, advice])


def _object_differences(word: str, plan: Maps, script: Maps) -> list[str]:
    if word not in script.fields:
        return [f"{word}: the plan has it, the script does not"]
    if word not in plan.fields:
        return [f"{word}: the script has it, the plan does not"]
    lines = _entries(f"{word}: field map", plan.fields[word], script.fields[word])
    of_plan, of_script = plan.values.get(word, {}), script.values.get(word, {})
    for target in dict.fromkeys([*of_plan, *of_script]):
        lines += _entries(f"{word}: values of {target}", of_plan.get(target, {}), of_script.get(target, {}))
        if (target in of_plan) != (target in of_script):
            lines.append(
                f"{word}: values of {target}: only the {'plan' if target in of_plan else 'script'} has a value map"
            )
    return lines


def _entries(where: str, plan: Mapping[str, Any], script: Mapping[str, Any]) -> list[str]:
    return [
        f"{where}: {name!r}: the plan says {_spelled(plan, name)}, the script says {_spelled(script, name)}"
        for name in dict.fromkeys([*plan, *script])
        if plan.get(name, _ABSENT) != script.get(name, _ABSENT)
    ]


def _spelled(entries: Mapping[str, Any], name: str) -> str:
    return repr(entries[name]) if name in entries else "nothing"
