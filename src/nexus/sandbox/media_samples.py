"""Files to send without having any: voice notes with known words, a photo, a receipt and a sticker."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from nexus.sandbox.pictures import product_picture

VOICES = Path(__file__).parent / "data" / "voices"
STICKER_SIDE = 512


@dataclass(frozen=True)
class Sample:
    """A ready file; `transcript` is what a voice note says."""

    id: str
    name: str
    kind: str
    mime: str
    data: bytes
    transcript: str | None = None


def _voice_rows() -> list[dict[str, Any]]:
    listed = VOICES / "voices.json"
    rows: list[dict[str, Any]] = json.loads(listed.read_text(encoding="utf-8")) if listed.is_file() else []
    return [row for row in rows if (VOICES / row["file"]).is_file()]


_VOICE_ROWS = {row["id"]: row for row in _voice_rows()}
_DRAWN = ("foto-zapatilla", "comprobante", "sticker")

SAMPLE_IDS = (*_VOICE_ROWS, *_DRAWN)
"""Ids of all samples, in the order in which a page offers them."""


@cache
def sample(sample_id: str) -> Sample:
    """The sample of that id, made at its first use. Drawing the photo takes a good part of a second."""
    if sample_id in _VOICE_ROWS:
        row = _VOICE_ROWS[sample_id]
        data = (VOICES / row["file"]).read_bytes()
        return Sample(sample_id, row["file"], "audio", "audio/ogg; codecs=opus", data, row["transcript"])
    if sample_id == "foto-zapatilla":
        return Sample(sample_id, "zapatilla.jpg", "image", "image/jpeg", _photo())
    if sample_id == "comprobante":
        return Sample(sample_id, "comprobante.pdf", "document", "application/pdf", _receipt())
    return Sample(sample_id, "sticker.webp", "sticker", "image/webp", _sticker())


@cache
def _voices_by_digest() -> dict[str, str]:
    voices = [sample(voice) for voice in _VOICE_ROWS]
    return {hashlib.sha256(voice.data).hexdigest(): voice.transcript or "" for voice in voices}


def voice_transcript(digest: str) -> str | None:
    """The words of the sample voice note with this SHA-256."""
    return _voices_by_digest().get(digest)


def _photo() -> bytes:
    drawn = Image.open(io.BytesIO(product_picture("Zapatilla de punta", 1))).convert("RGB")
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=85)
    return out.getvalue()


def _sticker() -> bytes:
    picture = Image.new("RGBA", (STICKER_SIDE, STICKER_SIDE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((56, 56, 456, 456), fill=(255, 204, 77), outline=(255, 255, 255), width=16)
    for left in (170, 290):
        pen.ellipse((left, 180, left + 52, 250), fill=(102, 69, 0))
    pen.chord((150, 240, 362, 390), 0, 180, fill=(102, 69, 0))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=80)
    return out.getvalue()


def _receipt() -> bytes:
    """A PDF of one page with three lines of text."""
    lines = ("Comprobante de transferencia", "Importe: $ 49.900,00", "Concepto: pedido 102")
    shown = " ".join(f"({line}) Tj 0 -24 Td" for line in lines)
    stream = f"BT /F1 14 Tf 40 140 Td {shown} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 320 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
