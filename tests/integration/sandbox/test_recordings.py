"""What a browser records becomes what a phone sends: the same packets, in Ogg."""

from __future__ import annotations

import io

import mutagen.oggopus
import pytest
from mutagen.ogg import OggPage

from nexus.sandbox.media_samples import sample
from nexus.sandbox.voice_container import EBML, ogg_of_webm

from .conftest import Sandbox


def packets_of(ogg: bytes) -> list[bytes]:
    """The packets of an Ogg file, head and tags first."""
    stream, pages = io.BytesIO(ogg), []
    while stream.tell() < len(ogg):
        pages.append(OggPage(stream))
    return [bytes(packet) for packet in OggPage.to_packets(pages)]


def element(name: str, content: bytes, *, unknown: bool = False) -> bytes:
    """An EBML element; of unknown size as browsers write what is not finished."""
    size = b"\x01" + b"\xff" * 7 if unknown else (len(content) | 1 << 28).to_bytes(4, "big")
    return bytes.fromhex(name) + size + content


def webm_of(ogg: bytes, codec: bytes = b"A_OPUS") -> bytes:
    """The same sound as a browser's recorder writes it."""
    head, _, *sound = packets_of(ogg)
    track = element("ae", element("d7", b"\x01") + element("86", codec) + element("63a2", head))
    blocks = b"".join(element("a3", b"\x81\x00\x00\x80" + packet) for packet in sound)
    clusters = element("1f43b675", element("e7", b"\x00") + blocks, unknown=True)
    body = element("1549a966", b"") + element("1654ae6b", track) + clusters
    return EBML + b"\x84\x00\x00\x00\x00" + element("18538067", body, unknown=True)


def test_a_recording_keeps_its_packets_and_its_length() -> None:
    voice = sample("voz-puntas").data
    ogg = ogg_of_webm(webm_of(voice))
    assert ogg is not None
    assert packets_of(ogg)[2:] == packets_of(voice)[2:]
    told = mutagen.oggopus.OggOpus(io.BytesIO(ogg)).info.length
    assert told == pytest.approx(mutagen.oggopus.OggOpus(io.BytesIO(voice)).info.length, abs=0.1)


@pytest.mark.parametrize("data", [b"", b"OggS", EBML, EBML + b"\xff" * 40, EBML + b"\0" * 40, EBML + b"\x84\x00"])
def test_what_is_no_recording_is_left_alone(data: bytes) -> None:
    assert ogg_of_webm(data) is None


def test_another_codec_is_left_alone() -> None:
    assert ogg_of_webm(webm_of(sample("voz-puntas").data, codec=b"A_VORBIS")) is None


def test_a_torn_recording_keeps_what_is_whole() -> None:
    whole = webm_of(sample("voz-puntas").data)
    torn = ogg_of_webm(whole[: len(whole) // 2])
    assert torn is not None
    assert 2 < len(packets_of(torn)) < len(packets_of(ogg_of_webm(whole) or b""))


async def test_the_phones_door_keeps_a_recording_as_a_voice_note(sandbox: Sandbox) -> None:
    recorded = webm_of(sample("voz-persona").data)
    url = "/sandbox/media?name=grabacion.webm&mime=audio/webm&transcript=hola"
    kept = (await sandbox.http.post(url, content=recorded)).json()
    assert (kept["mime"], kept["name"], kept["kind"]) == ("audio/ogg; codecs=opus", "grabacion.ogg", "audio")
    assert (await sandbox.http.get(kept["url"])).content.startswith(b"OggS")
