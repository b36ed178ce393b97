"""Which schema answers of an account an emulator needs to become like it. Each vendor's `clone.py` says so and takes them in."""

import importlib
from typing import Any

from sdrbot_skills.lab.processes import LabError

Answers = dict[str, Any]


def wanted(crm: str, answers: Answers, version: str) -> list[str]:
    """Addresses still to be asked, given the answers so far; none are left when all is there.

    They are asked by GET; a query that has to be posted is `POST <address> <body>`. Raises `LabError` for a CRM that cannot be cloned.
    """
    try:
        vendor = importlib.import_module(f"sdrbot_skills.lab.{crm}.clone")
    except ModuleNotFoundError as error:
        raise LabError(f"the practice {crm} cannot take over another account's schema yet") from error
    return [path for path in dict.fromkeys(vendor.wanted(answers, version)) if path not in answers]
