"""A file is what its first bytes say, not what its name or its sender says (ycloud.md 5)."""

import io
from pathlib import Path

import pytest
from PIL import Image

from nexus.runtime.file_types import HEAD_BYTES, real_type

VOICE = Path(__file__).parents[2] / "src/nexus/sandbox/data/voices/voz-puntas.ogg"
HTML = b"<!DOCTYPE html><html><body>no soy un audio</body></html>"
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2mp41" + b"\0" * 64
M4A = b"\x00\x00\x00\x1cftypM4A \x00\x00\x02\x00M4A isomiso2" + b"\0" * 64
AMR = b"#!AMR\n\x3c\x00\x00"


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "kind", "found"),
    [
        (VOICE.read_bytes()[:HEAD_BYTES], "audio", "audio/ogg"),
        (M4A, "audio", "audio/mp4"),
        (MP4, "audio", "audio/mp4"),
        (AMR, "audio", "audio/amr"),
        (MP4, "video", "video/mp4"),
        (picture("JPEG"), "image", "image/jpeg"),
        (picture("PNG"), "image", "image/png"),
        (picture("WEBP"), "image", "image/webp"),
        (picture("WEBP"), "sticker", "image/webp"),
    ],
)
def test_what_whatsapp_takes_is_known_by_its_bytes(content: bytes, kind: str, found: str) -> None:
    assert real_type(content, kind, "application/x-whatever") == found


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (HTML, "audio"),
        (HTML, "image"),
        (b"hola", "audio"),
        (PDF, "image"),
        (picture("PNG"), "sticker"),
        (VOICE.read_bytes()[:HEAD_BYTES], "image"),
    ],
)
def test_a_file_that_is_not_of_its_kind_is_refused(content: bytes, kind: str) -> None:
    assert real_type(content, kind, "audio/ogg; codecs=opus") is None


def test_a_document_may_be_anything_and_a_declared_type_that_its_bytes_deny_is_not_believed() -> None:
    assert real_type(PDF, "document", "application/pdf") == "application/pdf"
    assert real_type(HTML, "document", "application/pdf") == "text/html"
    assert real_type(b"hola", "document", "text/plain; charset=utf-8") == "text/plain"
    assert real_type(b"hola", "document", None) == "application/octet-stream"
