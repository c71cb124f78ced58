"""Files on their way through the panel's process: whole, in ranges, and refused before they are read."""

from collections.abc import AsyncIterator

import httpx

from tests.integration.platform_ui.conftest import House

MEGABYTE = 1024 * 1024


async def _pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * MEGABYTE


async def test_a_file_of_16_mb_passes_in_pieces_with_and_without_a_length(house: House) -> None:
    for content in (b"x" * 16 * MEGABYTE, _pieces(16)):
        answer = await house.client.post("/api/admin/media?name=a.pdf", content=content)
        assert (answer.status_code, answer.json()["size"]) == (201, 16 * MEGABYTE)
        assert answer.json()["pieces"] > 16


async def test_a_refusal_that_comes_before_the_whole_file_was_sent_reaches_the_browser(house: House) -> None:
    answer = await house.client.post("/api/admin/media?refuse=1", content=_pieces(40))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert (await house.client.get("/api/admin/media/1")).status_code == 200


async def test_ranges_and_what_keeps_a_file_from_running_come_through_unchanged(house: House) -> None:
    part = await house.client.get("/api/admin/media/1?tenant_id=3", headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"01234", "bytes 0-4/10")
    assert part.headers.get_list("content-security-policy") == ["sandbox; default-src 'none'"]
    assert part.headers["content-disposition"] == "inline"
    assert part.headers["cache-control"] == "private, no-cache"
    head = await house.client.head("/api/admin/media/1")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5")


async def test_pages_play_recordings_of_the_api_s_host_only(house: House, alone: httpx.AsyncClient) -> None:
    assert "; media-src 'self';" in (await house.client.get("/")).headers["content-security-policy"]
    elsewhere = (await alone.get("/")).headers["content-security-policy"]
    assert "; media-src 'self' https://api.danza.example;" in elsewhere
