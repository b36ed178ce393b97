"""Salesforce: REST and Tooling API through simple-salesforce. Facts of the vendor are named where they are used."""

from sdrbot_skills.crm.salesforce.adapter import Adapter
from sdrbot_skills.crm.salesforce.capabilities import CAPABILITIES

__all__ = ["CAPABILITIES", "Adapter"]
