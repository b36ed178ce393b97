"""An emulator of the Salesforce platform APIs: OAuth, REST, SOQL, Tooling and Bulk 2.0 of one org."""

from sdrbot_skills.lab.salesforce.vendor import create

__all__ = ["create"]
