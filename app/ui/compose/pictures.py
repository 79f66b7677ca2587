"""Pictures that stand in the text: read, kept small on screen, whole in the mail.

Only values of Qt here (QImage lives on any thread); everything runs on a worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QImage, QImageReader, QImageWriter

from app.domain.errors import AttachmentMissing

if TYPE_CHECKING:
    from app.domain.attachment import Attachment

PictureSource = Path | bytes | QImage

MAX_WIDTH = 560
# Twice that for dense screens; larger ones would be scaled down again at every repaint.
_SHOWN_WIDTH = 2 * MAX_WIDTH
_MAX_FILE_BYTES = 25_000_000
# What every mail program shows; anything else is sent as PNG.
_KEPT_AS_IS = {"png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "gif": "image/gif"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The bytes to send, and what is shown for them."""

    filename: str
    media_type: str
    data: bytes
    shown: QImage


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture that is ours now."""

    attachment: Attachment
    shown: QImage


def read_picture(source: PictureSource) -> Picture | None:
    """Read a picture from a file, from bytes or from the clipboard; None if it is none.

    Raises:
        AttachmentMissing: the file cannot be read.
    """
    if isinstance(source, QImage):
        return _as_png(source, "picture")
    if isinstance(source, bytes):
        return _from_bytes(source, Path("picture"))
    try:
        if source.stat().st_size > _MAX_FILE_BYTES:
            return None
        return _from_bytes(source.read_bytes(), source)
    except FileNotFoundError as error:
        raise AttachmentMissing(filename=source.name, detail="missing") from error
    except OSError as error:
        raise AttachmentMissing(filename=source.name, detail="unreadable") from error


def shown_picture(data: bytes) -> QImage:
    """Give kept bytes as they are shown."""
    return _shown(_decode(data)[0])


def fitted(image: QImage) -> QImage:
    """Give an image that is shown no wider than a text is read."""
    if image.width() <= MAX_WIDTH:
        return image
    # Only says how it is drawn: the pixels are shared.
    narrow = QImage(image)
    narrow.setDevicePixelRatio(image.width() / MAX_WIDTH)
    return narrow


def _from_bytes(data: bytes, name: Path) -> Picture | None:
    image, kind = _decode(data)
    media_type = _KEPT_AS_IS.get(kind)
    if media_type is None:
        return _as_png(image, name.stem)
    if image.isNull():
        return None
    filename = name.name if name.suffix else f"{name.name}.{kind}"
    return Picture(filename=filename, media_type=media_type, data=data, shown=_shown(image))


def _decode(data: bytes) -> tuple[QImage, str]:
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)  # photographs say which side is up
    kind = bytes(reader.format().data()).decode("ascii", "replace")
    return reader.read(), kind


def _as_png(image: QImage, stem: str) -> Picture | None:
    if image.isNull():
        return None
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    data = bytes(buffer.data().data())
    return Picture(filename=f"{stem}.png", media_type="image/png", data=data, shown=_shown(image))


def _shown(image: QImage) -> QImage:
    if image.width() <= _SHOWN_WIDTH:
        return image
    return image.scaledToWidth(_SHOWN_WIDTH, Qt.TransformationMode.SmoothTransformation)
