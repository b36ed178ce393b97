"""A request's body that has to be there as a whole before anything can be said about it."""

from __future__ import annotations

from aiohttp import web

from sdrbot_skills.broker.refusal import Refusal

BUFFERED_BODY = 32 * 1024 * 1024


async def whole_body(request: web.BaseRequest) -> bytes:
    """All of a request's body; raises `Refusal` where it is too large to be judged."""
    announced = request.content_length or 0
    if announced > BUFFERED_BODY:
        raise Refusal("body_too_large", f"A body of {announced} bytes cannot be judged; send fewer rows at once.")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > BUFFERED_BODY:
            raise Refusal("body_too_large", "The body is too large to be judged; send fewer rows at once.")
        chunks.append(chunk)
    return b"".join(chunks)
