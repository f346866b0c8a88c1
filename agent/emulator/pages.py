"""The page at ``/`` and its files: plain static files from the ``web`` folder.

It must not know what the page does.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

import anyio
from aiohttp import web

FOLDER = Path(__file__).parent / "web"
PREFIX = "/_emulator/web/"
HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
EMPTY = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Amazon Connect on localhost</title>
<h1>Amazon Connect on localhost</h1><p>It is running. Use this address as endpoint_url.</p></html>"""


async def page(request: web.BaseRequest) -> web.StreamResponse:
    """``/``: the page's index, or a plain word where there is none."""
    del request
    index = anyio.Path(FOLDER / "index.html")
    if not await index.is_file():
        return web.Response(text=EMPTY, content_type="text/html", headers=HEADERS)
    return await _file(index)


async def static_file(request: web.BaseRequest) -> web.StreamResponse:
    """A file of the page; nothing outside its folder."""
    name = request.path.removeprefix(PREFIX)
    wanted = (FOLDER / name).resolve() if name.isprintable() else FOLDER
    path = anyio.Path(wanted)
    if not wanted.is_relative_to(FOLDER.resolve()) or not await path.is_file():
        return web.Response(status=404, text="There is no such file.", headers=HEADERS)
    return await _file(path)


async def _file(path: anyio.Path) -> web.Response:
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {**HEADERS, "Content-Type": content_type}
    if content_type.startswith("text/") or content_type.endswith("javascript"):
        headers["Content-Type"] += "; charset=utf-8"
    return web.Response(body=await path.read_bytes(), headers=headers)
