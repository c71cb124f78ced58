"""Any picture as the JPEG that WhatsApp takes: at most 5 MB, upright, on white (ycloud.md 5)."""

from typing import BinaryIO

from PIL import Image, ImageOps

LARGEST_IMAGE = 5 * 1024 * 1024
"""Bytes of a picture at WhatsApp."""
MOST_PIXELS = 60_000_000
_LONGEST_SIDE = 2560
_QUALITIES = (88, 70, 50)


class UnreadablePictureError(ValueError):
    """What was given is no picture, or a broken one."""


class OversizedPictureError(ValueError):
    """It stays too large whatever is done to it."""


def to_jpeg(file: BinaryIO, into: BinaryIO, *, longest_side: int = _LONGEST_SIDE) -> None:
    """Write the picture (the first one of an animation) into an empty file, no side longer than so many pixels.

    Raises UnreadablePictureError, OversizedPictureError.
    """
    file.seek(0)
    try:
        with Image.open(file) as picture:
            fits = picture.width * picture.height <= MOST_PIXELS  # known from its head, before it is unpacked
            coloured = ImageOps.exif_transpose(picture).convert("RGBA") if fits else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadablePictureError from error
    if coloured is None:
        raise OversizedPictureError
    flat = Image.new("RGB", coloured.size, "white")
    flat.paste(coloured, mask=coloured.getchannel("A"))
    flat.thumbnail((longest_side, longest_side))
    for quality in _QUALITIES:
        into.seek(0)
        into.truncate()
        flat.save(into, "JPEG", quality=quality, optimize=True)
        if into.tell() <= LARGEST_IMAGE:
            return
    raise OversizedPictureError
