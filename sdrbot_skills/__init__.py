"""Move customer data between CRMs through an agent, without losing a record."""

__version__ = "0.1.0"
