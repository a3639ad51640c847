"""Decoding a picture with Pillow. A stranger made it: what would take too much memory is not decoded."""

from __future__ import annotations

import io
import threading
import warnings
from pathlib import Path

from PIL import ExifTags, Image, ImageOps

from scrape_assets.storage.media.pictures import NoPicture, Picture

# Forty million pixels are 120 to 160 MB decoded. Phones take 12 to 50; platforms shrink to below 8.
MAX_PIXELS = 40_000_000
THUMBNAIL_SIDE = 320
READABLE = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
# One at a time: the memory is that of one picture, however many are being fetched.
_ONE_AT_A_TIME = threading.Lock()


def decoded(path: Path, mime_type: str) -> Picture:
    """As `look_at` says."""
    known = READABLE.get(mime_type)
    if known is None:
        return Picture(remark=f"{mime_type} cannot be decoded here: no size and no thumbnail")
    with _ONE_AT_A_TIME:
        try:
            with Image.open(path, formats=[known]) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise NoPicture(f"{image.width} x {image.height} pixels are more than {MAX_PIXELS:,}")
                size = (image.height, image.width) if _lies_on_its_side(image) else (image.width, image.height)
                return _with_thumbnail(image, *size)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise NoPicture(f"its pixels are more than {MAX_PIXELS:,}") from None
        except NoPicture:
            raise
        except Exception as error:
            # Pillow raises what the formats' readers do: OSError, ValueError, SyntaxError, struct.error and others.
            raise NoPicture(f"it begins like {mime_type} and cannot be read as one ({_said(error)})") from error


def _lies_on_its_side(image: Image.Image) -> bool:
    """Whether the camera was turned, so that it is shown with width and height exchanged."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    except Exception:  # noqa: BLE001 -- what the camera wrote cannot be read: no reason to refuse the picture
        return False


def _with_thumbnail(image: Image.Image, width: int, height: int) -> Picture:
    try:
        image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        upright = ImageOps.exif_transpose(image)
        if upright.mode not in ("RGB", "L"):
            seen = upright.convert("RGBA")
            upright = Image.new("RGB", seen.size, "white")
            upright.paste(seen, mask=seen.getchannel("A"))
        made = io.BytesIO()
        upright.convert("RGB").save(made, "JPEG", quality=80, exif=b"")
    except Exception as error:  # noqa: BLE001 -- whatever the reader of the format raises: the file itself is kept
        return Picture(width, height, remark=f"no thumbnail could be made ({_said(error)})")
    return Picture(width, height, made.getvalue())


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:150]
