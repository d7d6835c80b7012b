"""The file that a contract is inferred from: on this machine or in S3, plain or packed."""

import bz2
import gzip
import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from emr_ml.sources.header import HEAD_BYTES, unpacked
from emr_ml.sources.listing import ReadRange, SourceError, list_source, readable

BUFFER = 1 << 20
PACKED = (".gz", ".bz2")


@dataclass(frozen=True)
class File:
    """One file; `read` gives the bytes from a position on.

    `others` counts the files beside it in the folder that was named.
    """

    where: str
    size: int
    read: ReadRange
    others: int = 0

    @property
    def packed(self) -> bool:
        return self.where.endswith(PACKED)

    @property
    def parquet(self) -> bool:
        return self.read(0, 4) == b"PAR1"

    def seekable(self) -> BinaryIO:
        """The bytes as they are stored."""
        return cast("BinaryIO", io.BufferedReader(_Ranges(self), BUFFER))

    @contextmanager
    def stream(self) -> Generator[BinaryIO]:
        """The bytes, unpacked.

        Raises:
            SourceError: the file is no CSV by its first bytes, or what is packed is damaged.
        """
        unpacked(self.read(0, HEAD_BYTES), self.where)
        raw = self.seekable()
        try:
            if self.where.endswith(".gz"):
                yield cast("BinaryIO", gzip.GzipFile(fileobj=raw))
            elif self.where.endswith(".bz2"):
                yield cast("BinaryIO", bz2.BZ2File(raw))
            else:
                yield raw
        except EOFError as error:
            raise SourceError(f"{self.where} is cut short: copy it again") from error
        except (gzip.BadGzipFile, OSError) as error:
            if not self.packed:
                raise
            raise SourceError(f"{self.where} can't be unpacked: {error}. Copy it again") from error


class _Ranges(io.RawIOBase):
    """A file whose bytes are asked for as they are needed."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] - any writable buffer
        wanted = min(len(buffer), self._file.size - self._at)
        found = self._file.read(self._at, wanted) if wanted > 0 else b""
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


def find_file(address: str) -> File:
    """The file at a path or an `s3://` address; of a folder, its first visible file.

    Raises:
        SourceError: there is none, it is empty, or it can't be read.
    """
    if "://" in address and not address.startswith("s3://"):
        raise SourceError(f"{address} is neither a path nor an s3:// address")
    source = address if address.startswith("s3://") else str(Path(address).expanduser())
    with readable(source):
        entries = list(list_source(source))
        if not entries:
            raise SourceError(f"there is no file in {source}: name a CSV or Parquet file")
        entry = next((entry for entry in entries if entry.size), None)
        if entry is None:
            raise SourceError(f"{entries[0].uri} is empty: there is nothing to go by")
        entry.read(0, 1)
    return File(entry.uri, entry.size, entry.read, len(entries) - 1)
