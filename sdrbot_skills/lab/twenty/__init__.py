"""An emulator of Twenty: core REST, metadata REST, GraphQL and files of one workspace."""

from sdrbot_skills.lab.twenty.vendor import create

__all__ = ["create"]
