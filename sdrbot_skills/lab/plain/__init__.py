"""Accounts as any integration would reach them: the vendors' HTTP interfaces used plainly, record by record, in words of our own.

It fills practice CRMs and judges what a migration made of them, so it shares no code with the product: what it reads, a person with `curl` could read.
"""

from sdrbot_skills.lab.plain.account import LINKS, Account, Refused, Row
from sdrbot_skills.lab.plain.attio import Attio
from sdrbot_skills.lab.plain.hubspot import HubSpot
from sdrbot_skills.lab.plain.pipedrive import Pipedrive
from sdrbot_skills.lab.plain.salesforce import Salesforce
from sdrbot_skills.lab.plain.twenty import Twenty
from sdrbot_skills.lab.plain.zohocrm import ZohoCrm

__all__ = ["ACCOUNTS", "LINKS", "Account", "Refused", "Row"]

ACCOUNTS: dict[str, type[Account]] = {one.crm: one for one in (HubSpot, Salesforce, Pipedrive, ZohoCrm, Attio, Twenty)}
