"""The file that a contract is inferred from, local or in S3, and the sample that is taken of it."""

import io
import unicodedata
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from emr_ml.sources.header import HEAD_BYTES, decompressed_head
from emr_ml.sources.listing import ListedFile, ReadRange, SourceError, list_source, readable
from emr_ml.units import MEGABYTE
from spark_jobs.reading.source_bytes import decompressed, is_compressed
from spark_jobs.runtime.job import JobError

MAX_SAMPLE_VALUES = 1_200_000


@dataclass(frozen=True)
class DataFile:
    """One file.

    Args:
        address: path or `s3://` address.
        size: in bytes, as stored.
        read: returns bytes from a position, as `ListedFile.read`.
        others: the other files in the folder that the user named.
    """

    address: str
    size: int
    read: ReadRange
    others: tuple[ListedFile, ...] = ()

    @property
    def is_compressed(self) -> bool:
        return is_compressed(self.address)

    @property
    def is_parquet(self) -> bool:
        return self.read(0, 4) == b"PAR1"

    def open_stored(self) -> BinaryIO:
        """Return a seekable stream of the bytes as stored."""
        return cast("BinaryIO", io.BufferedReader(_RangeReader(self), MEGABYTE))

    @contextmanager
    def open_decompressed(self) -> Generator[BinaryIO]:
        """Open a stream of the decompressed bytes.

        Raises:
            SourceError: the first bytes are those of another format, or the compressed data is
                damaged.
        """
        decompressed_head(self.read(0, HEAD_BYTES), self.address)
        try:
            with decompressed(self.open_stored(), self.address) as content:
                yield cast("BinaryIO", content)
        except JobError as error:
            raise SourceError(str(error)) from error


class _RangeReader(io.RawIOBase):
    """Reads ranges of a file on demand."""

    def __init__(self, file: DataFile) -> None:
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] - any writable buffer
        length = min(len(buffer), self._file.size - self._position)
        data = self._file.read(self._position, length) if length > 0 else b""
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def find_file(address: str) -> DataFile:
    """Return the file at a path or `s3://` address; of a folder, the first visible one with data.

    Raises:
        SourceError: there is no such file, it is empty, or it can't be read.
    """
    if "://" in address and not address.startswith("s3://"):
        raise SourceError(f"{address} is neither a path nor an s3:// address")
    source = address if address.startswith("s3://") else str(Path(address).expanduser())
    with readable(source):
        entries = list(list_source(source))
        if not entries:
            raise SourceError(f"there is no file in {source}: name one of CSV, JSON or Parquet")
        entry = next((entry for entry in entries if entry.size), None)
        if entry is None:
            raise SourceError(f"{entries[0].uri} is empty: name a file with data")
        entry.read(0, 1)
    others = tuple(each for each in entries if each is not entry)
    return DataFile(entry.uri, entry.size, entry.read, others)


@dataclass(frozen=True)
class Sample:
    """Some rows of a file, by column; bounded however large the file is.

    Args:
        names: of the columns, in the file's order.
        columns: the values of each column, without surrounding blanks.
        rows: how many were sampled.
        is_complete: there are no other rows.
        summary: what was sampled, for the contract's title.
        unusable: why a column's type can't be learned from, by the name of the column.
    """

    names: tuple[str, ...]
    columns: Sequence[Sequence[str]]
    rows: int
    is_complete: bool
    summary: str
    unusable: dict[str, str]

    def column(self, name: str) -> Sequence[str]:
        return self.columns[self.names.index(name)]


def contract_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return column names as in a contract: trimmed, each accented letter as one character."""
    return tuple(unicodedata.normalize("NFC", name.strip()) for name in names)
