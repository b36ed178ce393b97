"""UUIDs that carry the store's integer: eight bytes tell the space (workspace, objects, records of one object), seven the number."""

from hashlib import blake2b
from uuid import UUID

_NUMBER = (1 << 56) - 1


def uid(space: str, number: int) -> str:
    """The UUID of a number in a space."""
    return str(UUID(int=_base(space) | number))


def number_of(space: str, text: str) -> int:
    """The number in a UUID of this space; 0, which nothing has, for any other text."""
    try:
        value = UUID(text).int
    except (ValueError, AttributeError, TypeError):
        return 0
    return value & _NUMBER if value & ~_NUMBER == _base(space) else 0


def _base(space: str) -> int:
    """Version 4 and variant 1, as generated ids have."""
    head = int.from_bytes(blake2b(space.encode(), digest_size=8).digest())
    head = head & ~0xF000 | 0x4000
    return head << 64 | 0x80 << 56
