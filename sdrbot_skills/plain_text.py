"""Text from outside (a CRM, a script's output) made safe to show: nothing a terminal or a reader could be fooled by."""

from __future__ import annotations

import re

# ECMA-48: control sequences, operating-system commands and other strings, then two-character escapes
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b.?|\x9b[0-?]*[ -/]*[@-~]", re.DOTALL
)
# C0 and C1 controls but tab; marks that turn the direction of a line around or hide text in it
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def plain(text: str) -> str:
    """`text` as one line without escape sequences, control characters and marks that hide or reverse text."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))
