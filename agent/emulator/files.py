"""Upload and download of attachments: the presigned URLs' side.

It must not know who may have such a URL; having it is the permission.
"""

from __future__ import annotations

from aiohttp import web

from agent.emulator import attachments
from agent.emulator.errors import InvalidInput, ServiceError
from agent.emulator.region import Region
from agent.emulator.rest import CORS, BadBody, drain, preflight, read_body, refuse

PREFIX = "/_attachments/"


class Files:
    """The attachments' URLs of one server."""

    def __init__(self, region: Region) -> None:
        self._region = region

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a PUT to an upload URL or a GET of a download URL."""
        if request.method == "OPTIONS":
            return preflight(request, self._region.mint.uuid())
        kind, _, key = request.path.removeprefix(PREFIX).partition("/")
        try:
            if kind == "upload" and request.method == "PUT":
                return await self._put(request, key)
            if kind == "download" and request.method in ("GET", "HEAD"):
                return self._get(key)
            raise ServiceError("AccessDeniedException", "Access denied")
        except ServiceError as error:
            await drain(request, self._region.settings)
            return refuse(error, self._region.mint.uuid())

    async def _put(self, request: web.BaseRequest, key: str) -> web.Response:
        attachment = self._region.uploads.get(key)
        if attachment is None:
            raise ServiceError("AccessDeniedException", "Access denied")
        try:
            settings = self._region.settings
            attachments.put(attachment, await read_body(request, settings, settings.attachment_limit))
        except (BadBody, InvalidInput) as error:
            raise ServiceError("InvalidRequest", str(error)) from None
        headers = {**CORS, "x-amzn-RequestId": self._region.mint.uuid(), "ETag": f'"{attachment.id}"'}
        return web.Response(status=200, headers=headers)

    def _get(self, key: str) -> web.Response:
        attachment, until = self._region.downloads.get(key, (None, 0.0))
        if attachment is None or until < self._region.clock.time():
            self._region.downloads.pop(key, None)
            raise ServiceError("AccessDeniedException", "Request has expired")
        name = attachment.name.encode("ascii", "replace").decode().replace('"', "_")
        headers = {
            **CORS,
            "x-amzn-RequestId": self._region.mint.uuid(),
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=attachment.content or b"", headers=headers)
