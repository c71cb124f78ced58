"""A browser's recording as WhatsApp carries it: the same Opus packets, taken out of WebM and put into Ogg.

Phones send voice notes as `audio/ogg; codecs=opus`; browsers often record the same sound as `audio/webm`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

EBML = b"\x1a\x45\xdf\xa3"
_CONTAINERS = {0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0xA0}
"""Segment, Cluster, Tracks, TrackEntry, BlockGroup: read on inside."""
_CODEC, _PRIVATE, _BLOCKS = 0x86, 0x63A2, {0xA1, 0xA3}
_SAMPLES_PER_MS = 48
_PACKETS_OF_A_PAGE = 50
_SEGMENTS_OF_A_PAGE = 255
_SERIAL = 0x4E455855
_FIRST, _LAST = 2, 4


@dataclass
class _Recording:
    """What a WebM file holds of one track."""

    codec: bytes = b""
    head: bytes = b""
    packets: list[bytes] = field(default_factory=list)


def ogg_of_webm(data: bytes) -> bytes | None:
    """The recording as an Ogg Opus file; None for what is no WebM with Opus in it."""
    if not data.startswith(EBML):
        return None
    found = _Recording()
    for element, content in _elements(data):
        if element == _CODEC:
            found.codec = content
        elif element == _PRIVATE:
            found.head = content
        elif element in _BLOCKS and len(content) > 4:
            found.packets.append(content[4:])
    if found.codec != b"A_OPUS" or not found.head.startswith(b"OpusHead") or not found.packets:
        return None
    return b"".join(_pages(found))


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements that hold data, in file order; one cut off at the end is left out."""
    at = 0
    while at < len(data):
        element, at = _number(data, at, marked=True)
        size, at = _number(data, at, marked=False)
        if element in _CONTAINERS:
            continue
        if size < 0 or at + size > len(data):
            return
        yield element, data[at : at + size]
        at += size


def _number(data: bytes, at: int, *, marked: bool) -> tuple[int, int]:
    """An EBML number and where it ends; -1 for an unknown size and for nonsense. `marked` keeps the length bit."""
    first = data[at] if at < len(data) else 0
    length = 9 - first.bit_length()
    if length > 8:
        return -1, len(data)
    value = int.from_bytes(data[at : at + length], "big")
    if marked:
        return value, at + length
    value &= (1 << (7 * length)) - 1
    return (-1 if value == (1 << (7 * length)) - 1 else value), at + length


def _pages(found: _Recording) -> Iterator[bytes]:
    tags = b"OpusTags" + struct.pack("<I", 5) + b"nexus" + struct.pack("<I", 0)
    yield _page([found.head], 0, 0, _FIRST)
    yield _page([tags], 0, 1, 0)
    played = struct.unpack_from("<H", found.head, 10)[0]
    number, waiting = 2, list[bytes]()
    for place, packet in enumerate(found.packets, start=1):
        waiting.append(packet)
        played += _samples(packet)
        segments = sum(len(held) // 255 + 1 for held in waiting)
        last = place == len(found.packets)
        full = len(waiting) == _PACKETS_OF_A_PAGE or segments > _SEGMENTS_OF_A_PAGE - 10
        if full or last:
            yield _page(waiting, played, number, _LAST if last else 0)
            number, waiting = number + 1, []


def _page(packets: list[bytes], played: int, number: int, flags: int) -> bytes:
    laces = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, played, _SERIAL, number, 0, len(laces)) + laces
    page = head + b"".join(packets)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _samples(packet: bytes) -> int:
    """How long a packet sounds, in samples of 48 kHz (RFC 6716 section 3.1)."""
    kind, code = packet[0] >> 3, packet[0] & 3
    each: float
    if kind < 12:
        each = (10, 20, 40, 60)[kind & 3]
    elif kind < 16:
        each = (10, 20)[kind & 1]
    else:
        each = (2.5, 5, 10, 20)[kind & 3]
    frames = 1 if code == 0 else 2 if code < 3 else packet[1] & 63 if len(packet) > 1 else 0
    return int(each * frames * _SAMPLES_PER_MS)


def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return table


_TABLE = _table()


def _checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
    return value
