"""What the options of a new choice field are stored as: each CRM has its own idea of who decides that."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from sdrbot_skills.crm.capabilities import Capabilities
from sdrbot_skills.model.schema import Option

LONGEST = 63


def stored(options: Sequence[Option], capabilities: Capabilities) -> list[Option]:
    """The options as the CRM will keep them, one for each given and in their order; two of one value or label become one."""
    if capabilities.option_values == "label":
        return [one.model_copy(update={"value": one.label}) for one in options]
    if capabilities.option_values == "own":
        return list(options)
    made: dict[str, Option] = {}
    for one in options:
        if one.label not in made:
            value = upper_snake(one.value, {entry.value for entry in made.values()})
            made[one.label] = one.model_copy(update={"value": value})
    return [made[one.label] for one in options]


def upper_snake(text: str, used: Iterable[str] = ()) -> str:
    """`closedwon` -> `CLOSEDWON`, `1st` -> `OPT_1ST`, `Ost & Übersee` -> `OST_UBERSEE`; a number is added where it is taken."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    words = "_".join(re.findall(r"[A-Z0-9]+", plain)) or "OPTION"
    stem = (words if words[0].isalpha() else f"OPT_{words}")[:LONGEST].rstrip("_")
    taken = set(used)
    value, number = stem, 2
    while value in taken:
        end = f"_{number}"
        value, number = f"{stem[: LONGEST - len(end)]}{end}", number + 1
    return value
