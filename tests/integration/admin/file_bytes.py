"""Small true files of the kinds that people send."""

import io
import zipfile
from pathlib import Path

from PIL import Image

VOICE = Path("src/nexus/sandbox/data/voices/voz-puntas.ogg").read_bytes()
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"1 0 obj\n" * 20 + b"%%EOF"
MP4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"\0" * 200
MOV = b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + b"\0" * 200
THREE_GP = b"\0\0\0\x18ftyp3gp4\0\0\0\0isom3gp4" + b"\0" * 200
MP3 = b"\xff\xfb\x90\x64" + b"\0" * 413
AMR = b"#!AMR\n" + b"\x3c" * 100
VORBIS = b"OggS\0\2" + b"\0" * 22 + b"\x01\x1e\x01vorbis" + b"\0" * 60
OLD_WORD = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
HTML = b"<!doctype html><html><script>alert(1)</script></html>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
PROGRAM = b"MZ\x90\0" + b"\0" * 400


def picture(form: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", colour: str | int = "red") -> bytes:
    """A picture in one of Pillow's formats."""
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, form)
    return out.getvalue()


def noise(size: int) -> bytes:
    """A PNG of more than 5 MB: nothing in it repeats."""
    out = io.BytesIO()
    Image.effect_noise((size, size), 90).convert("RGB").save(out, "PNG", compress_level=0)
    return out.getvalue()


def office(folder: str) -> bytes:
    """A document of Word, Excel or PowerPoint, by its folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}/document.xml", "<x/>")
    return out.getvalue()
