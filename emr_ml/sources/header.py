"""The columns of a file, from its first bytes; for Parquet from its footer."""

import bz2
import codecs
import io
import struct
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from emr_ml.sources.listing import ReadRange, SourceError
from spark_jobs.reading.csv_dialect import ESCAPE_UNDECODABLE, CsvSyntax
from spark_jobs.reading.csv_parser import MalformedRecordError, parse, trimmed_fields
from spark_jobs.reading.json_parser import JQ, head_values
from spark_jobs.reading.source_bytes import (
    ENCRYPTED,
    ZIP,
    ZSTD,
    import_zstd,
    is_compressed,
    is_hidden_member,
)
from spark_jobs.runtime.job import JobError

if TYPE_CHECKING:
    from types import ModuleType

    import pyarrow as pa

    # it imports Dagster for the run config, which takes a second
    from emr_ml.contract import Contract, Dialect

HEAD_BYTES = 64 * 1024
# of these nothing is decompressed before the first block has been read
FIRST_BLOCK = {".bz2": 1024 * 1024, ".zst": 192 * 1024}
SIGNATURES = {
    b"PAR1": "a Parquet file: set `format: parquet` in the contract",
    b"PK\x03\x04": "a zip archive or a spreadsheet: let its name end in .zip, or save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet format: save it as CSV",
    b"\x1f\x8b": "compressed by gzip, which Spark only recognises by name: let the name end in .gz",
    b"BZh": "compressed by bzip2, which Spark only recognises by name: let the name end in .bz2",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: let its name end in .zst",
    b"\xfd7zXZ": "compressed by xz: decompress it, or use gzip",
}
# formats that Spark can't read, or that it would decompress and the header reader can't
UNSUPPORTED_COMPRESSION = (
    ".zstd",
    ".xz",
    ".lz4",
    ".snappy",
    ".deflate",
    ".7z",
    ".rar",
    ".tar",
    ".tgz",
)
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# signature, version, flags, method, time, date, checksum, sizes, lengths of name and extra field
ZIP_HEADER = struct.Struct("<4sHHHHHIIIHH")
DATA_DESCRIPTOR = b"PK\x07\x08"  # where the size stands if the archive was written as a stream
STORED, DEFLATED = 0, 8
PARQUET_TRAILER_BYTES = 8  # the length of the footer, and the signature


class Head(NamedTuple):
    """The beginning of a file.

    Args:
        columns: the names of its columns in order, or () for an empty file.
        text: its first characters if it is CSV, else "".
    """

    columns: tuple[str, ...]
    text: str = ""


def read_head(read: ReadRange, size: int, address: str, contract: "Contract") -> Head:
    """Return the beginning of a file.

    Args:
        read: as `ListedFile.read`.
        size: of the file, in bytes.
        address: path or `s3://` address of the file.

    Raises:
        SourceError: the file does not have the contract's format, compression or encoding.
    """
    if contract.format == "parquet":
        return Head(_parquet_columns(read, size, address))
    stored_bytes = FIRST_BLOCK.get(PurePosixPath(address).suffix.lower(), HEAD_BYTES)
    head = decompressed_head(read(0, stored_bytes) if size else b"", address)
    if contract.format == "jsonl":
        return Head(_json_columns(head, address, contract, is_whole_file=size <= HEAD_BYTES))
    text = decoded(head, address, contract.dialect.encoding)
    return Head(_header_of(text, len(head), address, contract.dialect), text)


def _json_columns(
    head: bytes, address: str, contract: "Contract", *, is_whole_file: bool
) -> tuple[str, ...]:
    """Return the paths of the fields in the first lines.

    A field that the contract names may be in later lines alone.

    Raises:
        SourceError: the first line is not a JSON object.
    """
    is_cut = len(head) >= HEAD_BYTES or not is_whole_file
    parsed = head_values(head.decode(errors="replace"))
    if parsed and parsed[0] is None and not (is_cut and len(parsed) == 1):
        raise SourceError(
            f"the first line of {address} is not a JSON object: correct it, write one object in "
            f"each line with `{JQ} .`, or set `format` in the contract"
        )
    names = dict.fromkeys(name for values in parsed for name in values or ())
    return (*dict.fromkeys((*names, *(contract.names if is_cut else ()))),)


def decompressed_head(head: bytes, address: str) -> bytes:
    """Decompress the first bytes of a file, as far as they go.

    Raises:
        SourceError: Spark can't read the compression, or the bytes are those of another format.
    """
    name = address.lower()
    if name.endswith(UNSUPPORTED_COMPRESSION):
        raise SourceError(f"{address} has an unsupported compression: decompress it, or use gzip")
    if is_compressed(name) and head:
        return _decompress(head, address)
    for signature, content in SIGNATURES.items():
        if head.startswith(signature):
            raise SourceError(f"{address} is {content}")
    return head


def _decompress(head: bytes, address: str) -> bytes:
    decompressor: Any
    errors: tuple[type[Exception], ...] = (zlib.error, OSError)
    name = address.lower()
    if name.endswith(ZIP):
        head, decompressor = _first_member(head, address)
    elif name.endswith(".gz"):
        decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
    elif name.endswith(ZSTD):
        zstd = _zstd(address)
        decompressor, errors = zstd.ZstdDecompressor(), (zstd.ZstdError,)
    else:
        decompressor = bz2.BZ2Decompressor()
    if decompressor is None:
        return head
    try:
        decompressed = decompressor.decompress(head, HEAD_BYTES)
    except errors as error:
        raise SourceError(
            f"{address} can't be decompressed: {error}. Copy it again, or correct its suffix"
        ) from error
    if not decompressed and not decompressor.eof and len(head) < HEAD_BYTES:
        raise SourceError(f"{address} is truncated: copy it again")
    return decompressed


def _zstd(address: str) -> "ModuleType":
    try:
        return import_zstd(address)
    except JobError as error:
        raise SourceError(str(error)) from error


def _first_member(head: bytes, address: str) -> tuple[bytes, Any]:
    """Return the bytes of the first file in a zip archive, and what decompresses them, or None."""
    while True:
        signature, _, flags, method, *_, packed, size, name_length, extra_length = (
            ZIP_HEADER.unpack(head[: ZIP_HEADER.size].ljust(ZIP_HEADER.size, b"\0"))
        )
        if signature != b"PK\x03\x04":
            raise SourceError(
                f"{address} is not a zip archive: copy it again, or correct its suffix"
            )
        start = ZIP_HEADER.size + name_length + extra_length
        name = head[ZIP_HEADER.size : ZIP_HEADER.size + name_length].decode("utf-8", "replace")
        if not is_hidden_member(name) or not head.startswith(b"PK\x03\x04", start + packed):
            break
        head = head[start + packed :]
    if flags & ENCRYPTED or is_hidden_member(name) or method not in (STORED, DEFLATED):
        raise SourceError(
            f"{address} does not begin with a plain file: unpack it, and name the folder as the "
            "source"
        )
    if method == STORED:
        content = head[start : start + size] if size else head[start:].split(DATA_DESCRIPTOR)[0]
        return content, None
    return head[start:], zlib.decompressobj(-zlib.MAX_WBITS)


def _header_of(text: str, size: int, where: str, dialect: "Dialect") -> tuple[str, ...]:
    record = first_record(text, size, where, dialect)
    if dialect.trailing_delimiter and record and not record[-1]:
        record = record[:-1]
    if dialect.header is True or not record:
        return record
    if len(record) != len(dialect.header):
        raise SourceError(
            f"the first record of {where} has {len(record)} fields, but `header` in the contract "
            f"names {len(dialect.header)} columns: correct `header` or `delimiter`"
        )
    return dialect.header


def decoded(head: bytes, address: str, encoding: str) -> str:
    """Decode the first bytes of a file, whose last character may be cut off.

    Raises:
        SourceError: a byte, or the byte-order mark, does not belong to the encoding.
    """
    mark, marked = next(
        ((mark, name) for mark, name in BYTE_ORDER_MARKS.items() if head.startswith(mark)),
        (b"", ""),
    )
    if marked and not encoding.startswith(marked):
        raise SourceError(
            f"{address} has the byte-order mark of {marked}, not {encoding}: "
            f"set `encoding: {marked}` under `dialect` in the contract"
        )
    if encoding in ("utf-16", "utf-32") and head and not mark:
        raise SourceError(
            f"{address} has no byte-order mark, so its byte order is unknown: set `encoding` "
            "under `dialect` in the contract to utf-16le or utf-16be"
        )
    if not encoding.startswith("utf-16") and encoding != "utf-32" and head.count(0) > len(head) / 4:
        order = "be" if head[0] == 0 else "le"
        raise SourceError(
            f"{address} looks like utf-16, as every other byte is zero: set `encoding` under "
            f"`dialect` in the contract to utf-16{order}"
        )
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError as error:
        lines = utf8_lines(head)
        if encoding == "utf-8" and lines[True] > lines[False]:
            return head.decode(errors=ESCAPE_UNDECODABLE)  # the job rejects the others
        # a decoder may have removed the byte-order mark
        position = error.start + len(head) - len(error.object)
        raise SourceError(
            f"{address} is not {encoding}: byte {position} is {head[position]:#04x}. Set "
            "`encoding` under `dialect` in the contract; for Western languages it is often "
            "windows-1252"
        ) from error


def utf8_lines(data: bytes) -> Counter[bool]:
    """Count the lines beyond ASCII by whether they are UTF-8, which others are hardly by chance.

    The last one is left out: it may be cut off.
    """
    if data.isascii():
        return Counter()

    def is_utf8(line: bytes) -> bool:
        try:
            line.decode()
        except UnicodeDecodeError:
            return False
        return True

    return Counter(is_utf8(line) for line in data.split(b"\n")[:-1] if not line.isascii())


def first_record(text: str, size: int, where: str, dialect: "Dialect") -> tuple[str, ...]:
    """Return the fields of the first record as column names, or () if the text has no record.

    Raises:
        SourceError: it does not end within the first 64 KB, or can't be read; `size` is the
            number of bytes that the text was decoded from.
    """
    job_dialect = dialect.for_jobs()
    lines = io.StringIO(text, newline="")
    try:
        record = next(parse(lines, job_dialect), None)
        problem = None
    except MalformedRecordError as error:
        record, problem = None, f"the first record of {where} {error}"
    if size >= HEAD_BYTES and not lines.read(1):
        problem = (
            f"the first record of {where} does not end within {HEAD_BYTES} bytes: "
            "check `delimiter` and `quote` under `dialect` in the contract"
        )
    if problem:
        raise SourceError(problem)
    if record is None:
        return ()
    fields = trimmed_fields(record, CsvSyntax.of(job_dialect))
    # names are compared without blanks around them, and with each accented letter as one character
    return tuple(
        unicodedata.normalize("NFC", name.strip() if dialect.trim else name) for name in fields
    )


def leaf_names(fields: "Iterable[pa.Field[Any]]", prefix: str = "") -> Iterator[str]:
    """Yield the names of columns, and instead of a struct the paths of its fields."""
    from pyarrow import types

    for field in fields:
        if types.is_struct(field.type):
            yield from leaf_names(field.type, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


def _parquet_columns(read: ReadRange, size: int, address: str) -> tuple[str, ...]:
    import pyarrow as pa  # takes a tenth of a second, which CSV does not need
    import pyarrow.parquet as pq

    if not size:
        return ()
    end = read(max(size - HEAD_BYTES, 0), HEAD_BYTES)
    footer = int.from_bytes(end[-PARQUET_TRAILER_BYTES:-4], "little") + PARQUET_TRAILER_BYTES
    if len(end) < footer <= size:
        end = read(size - footer, footer)
    try:
        if not end.endswith(b"PAR1"):
            raise pa.ArrowInvalid("it does not end in the signature PAR1")
        return tuple(leaf_names(pq.read_schema(pa.BufferReader(end))))
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(
            f"{address} is not a readable Parquet file: {error}. "
            "Copy it again, or set `format: csv` in the contract"
        ) from error
