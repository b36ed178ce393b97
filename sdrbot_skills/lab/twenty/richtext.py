"""Note bodies: what was sent is kept, the other form is derived. Enough of markdown for notes; the vendor's converter knows more."""

import re
from typing import Any
from uuid import uuid4

import orjson

_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_BULLET = re.compile(r"[-*]\s+(.*)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_SCRIPT = re.compile(r"<script.*?</script>", re.IGNORECASE | re.DOTALL)
_STYLED = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|<b>(?P<html_bold>.+?)</b>|(?<!\w)_(?P<italic>.+?)_(?!\w)|\[(?P<label>[^\]]+)\]\((?P<url>[^)]+)\)"
)
_PROPS = {"backgroundColor": "default", "textColor": "default", "textAlignment": "left"}


def to_blocknote(markdown: str) -> str | None:
    """The editor's document for a markdown text; None for an empty one."""
    if not markdown:
        return None
    blocks: list[dict[str, Any]] = []
    for paragraph in re.split(r"\n\s*\n", _SCRIPT.sub("", markdown)):
        blocks += _blocks(paragraph)
    return orjson.dumps(blocks).decode()


def _blocks(paragraph: str) -> list[dict[str, Any]]:
    lines = paragraph.splitlines()
    if any(_HEADING.fullmatch(line) or _BULLET.fullmatch(line) for line in lines):
        return [_line(line) for line in lines if line.strip()]
    return [_line("\n ".join(lines))] if paragraph.strip() else []


def _line(text: str) -> dict[str, Any]:
    if image := _IMAGE.fullmatch(text.strip()):
        props = {"textAlignment": "left", "backgroundColor": "default", "name": image[1], "url": image[2]}
        props |= {"caption": "", "showPreview": True}
        return {"id": str(uuid4()), "type": "image", "props": props, "children": []}
    if heading := _HEADING.fullmatch(text):
        more = {"level": len(heading[1]), "isToggleable": False}
        return _block("heading", {**_PROPS, **more}, heading[2])
    if bullet := _BULLET.fullmatch(text):
        return _block("bulletListItem", _PROPS, bullet[1])
    return _block("paragraph", _PROPS, text)


def _block(kind: str, props: dict[str, Any], text: str) -> dict[str, Any]:
    return {"id": str(uuid4()), "type": kind, "props": dict(props), "content": _inline(text), "children": []}


def _inline(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    position = 0
    for match in _STYLED.finditer(text):
        found += _plain(text[position : match.start()])
        bold, italic = match["bold"] or match["html_bold"], match["italic"]
        if match["url"]:
            found.append({"type": "link", "href": match["url"], "content": _plain(match["label"])})
        else:
            found += _plain(bold or italic, {"bold": True} if bold else {"italic": True})
        position = match.end()
    return found + _plain(text[position:])


def _plain(text: str, styles: dict[str, bool] | None = None) -> list[dict[str, Any]]:
    bare = _TAG.sub("", text)
    return [{"type": "text", "text": bare, "styles": styles or {}}] if bare else []


def to_markdown(blocks: list[Any]) -> str:
    """The plain text of an editor's document, a line per block."""
    lines = []
    for block in blocks:
        content = block.get("content") if isinstance(block, dict) else None
        lines.append("".join(str(part.get("text", "")) for part in content or () if isinstance(part, dict)))
    return "\n\n".join(lines) + "\n" if lines else ""
