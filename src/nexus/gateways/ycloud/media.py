"""Files at YCloud: what a customer sent is fetched at once, what we send is uploaded first (ycloud.md 5)."""

from typing import BinaryIO
from urllib.parse import quote, urlsplit

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.upstream import Download, Multipart, OversizedError, Upstream
from nexus.gateways.ycloud.client import raise_refusal
from nexus.runtime.settings import Settings

_DOOR = "/whatsapp/media/download/"


class YCloudMedia:
    """One per process; the key of the tenant comes with each call, and travels to YCloud's own host only."""

    def __init__(self, settings: Settings) -> None:
        self._base = settings.ycloud_base_url.rstrip("/")
        self._upstream = Upstream("ycloud_media")

    async def close(self) -> None:
        """Close the connections."""
        await self._upstream.close()

    def is_ours(self, link: str) -> bool:
        """Whether a link leads to YCloud's own download door: nothing else is ever fetched for a message."""
        try:
            given, base = urlsplit(link), urlsplit(self._base)
            same = (given.scheme, given.hostname, given.port) == (base.scheme, base.hostname, base.port)
        except ValueError:
            return False
        inside = given.path.startswith(base.path + _DOOR) and "/." not in given.path and "%2e" not in given.path.lower()
        return same and inside and "@" not in given.netloc

    async def fetch(
        self, tenant_id: int, api_key: str, link: str, into: BinaryIO, *, limit: int, deadline: float
    ) -> None:
        """Write the file behind `link` into an empty file; at most `limit` bytes, `deadline` seconds in all.

        With the key a link lives a month, without it some minutes; where the key is refused it is tried without (5).
        Raises PermanentError (foreign_link, media_expired, media_redirected, media_too_large, or YCloud's refusal) and
        RetryableError (anything that may pass; fetching again is harmless).
        """
        if not self.is_ours(link):
            raise PermanentError("foreign_link", "El enlace del archivo no es de YCloud", 0)
        for headers in ({"X-API-Key": api_key}, {}):
            status = await self._get(tenant_id, link, headers, into, limit, deadline)
            if status not in (401, 403):
                break
        if status in (401, 403, 404, 410):
            raise PermanentError("media_expired", "YCloud ya no tiene el archivo", status)
        if 300 <= status < 400:
            raise PermanentError("media_redirected", "YCloud mandó a otra dirección", status)
        if status != 200:
            raise RetryableError("media_unavailable", f"YCloud contestó {status}")

    async def _get(
        self, tenant_id: int, link: str, headers: dict[str, str], into: BinaryIO, limit: int, deadline: float
    ) -> int:
        into.seek(0)
        into.truncate()
        try:
            response = await self._upstream.request(
                tenant_id, "GET", link, headers=headers, download=Download(into, limit), deadline=deadline
            )
        except OversizedError as error:
            raise PermanentError("media_too_large", f"El archivo pasa de {limit} bytes", 0) from error
        except UnknownOutcomeError as error:
            raise RetryableError("media_unavailable", error.reason) from error
        return response.status

    async def upload(self, tenant_id: int, api_key: str, number: str, name: str, mime: str, content: bytes) -> str:
        """YCloud's id of a file of ours, good for 30 days and for this number.

        Raises PermanentError when it is refused, RetryableError else: an upload reaches nobody, so it may be repeated.
        """
        try:
            response = await self._upstream.request(
                tenant_id,
                "POST",
                f"{self._base}/whatsapp/media/{quote(number, safe='')}/upload",
                headers={"X-API-Key": api_key},
                multipart=Multipart({}, {"file": (name, content, mime)}),
                deadline=20.0,
            )
        except UnknownOutcomeError as error:
            raise RetryableError("upload_unclear", error.reason) from error
        if response.status == 200:
            try:
                given = response.json()
            except ValueError:
                given = None
            media_id = given.get("id") if isinstance(given, dict) else None
            if isinstance(media_id, str) and media_id:
                return media_id
            raise RetryableError("upload_unclear", "YCloud no dijo el id del archivo")
        raise_refusal(response)
        raise RetryableError("upload_unclear", f"YCloud contestó {response.status}")
