"""What the first bytes of a file say: how it is packed and written, and its columns."""

import bz2
import codecs
import io
import unicodedata
import zlib
from typing import TYPE_CHECKING, cast

from emr_ml.sources.listing import ReadRange, SourceError
from spark_jobs.contract import Dialect as JobDialect
from spark_jobs.reading.csv_dialect import CsvSyntax
from spark_jobs.reading.csv_parser import MalformedRecordError, parse, trimmed_fields

if TYPE_CHECKING:
    # a contract's parameters are run config, and Dagster takes a second to import
    from emr_ml.contract import Contract, Dialect

HEAD_BYTES = 64 * 1024
SIGNATURES = {
    b"PAR1": "a Parquet file: set `format: parquet` in the contract",
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or save it as CSV",
    b"\xd0\xcf\x11\xe0": "a spreadsheet of an old kind: save it as CSV",
    b"\x1f\x8b": "packed by gzip, but Spark goes by the name: let it end in .gz",
    b"BZh": "packed by bzip2, but Spark goes by the name: let it end in .bz2",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it, or pack it with gzip",
    b"\xfd7zXZ": "packed by xz: unpack it, or pack it with gzip",
}
# Spark would unpack these by their names, or can't
OTHER_PACKINGS = (
    ".zip",
    ".zst",
    ".xz",
    ".lz4",
    ".snappy",
    ".deflate",
    ".7z",
    ".rar",
    ".tar",
    ".tgz",
)
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
FOOTER_BYTES = 8  # the length of Parquet's footer, and its signature


def columns_of(read: ReadRange, size: int, where: str, contract: "Contract") -> tuple[str, ...]:
    """The names of a file's columns in their order; () if there is none.

    Args:
        read: as `Entry.read`.
        size: bytes in the file.
        where: path or address of the file.

    Raises:
        SourceError: the file is not of the contract's format, packing or encoding.
    """
    if contract.format == "parquet":
        return _parquet_columns(read, size, where)
    head = unpacked(read(0, HEAD_BYTES) if size else b"", where)
    return header_of(head, where, contract.dialect)


def unpacked(head: bytes, where: str) -> bytes:
    """The start of what is packed in the start of a file; what is cut off is no error here.

    Raises:
        SourceError: the file is packed in a way that Spark does not read, or is no CSV.
    """
    name = where.lower()
    for end in (".gz", ".bz2"):
        if name.endswith(end) and not where.endswith(end):
            raise SourceError(f"{where}: Spark goes by the name, so let it end in {end}")
    if name.endswith(OTHER_PACKINGS):
        raise SourceError(f"{where} is packed in a way that can't be read: unpack it, or use gzip")
    if name.endswith((".gz", ".bz2")) and head:
        unpacker = (
            zlib.decompressobj(zlib.MAX_WBITS | 16)
            if name.endswith(".gz")
            else bz2.BZ2Decompressor()
        )
        try:
            found = unpacker.decompress(head, HEAD_BYTES)
        except (zlib.error, OSError) as error:
            raise SourceError(
                f"{where} can't be unpacked: {error}. Copy it again, or give it its true ending"
            ) from error
        if not found and not unpacker.eof and len(head) < HEAD_BYTES:
            raise SourceError(f"{where} ends before its compressed data does: copy it again")
        return found
    for signature, what in SIGNATURES.items():
        if head.startswith(signature):
            raise SourceError(f"{where} is {what}")
    return head


def header_of(head: bytes, where: str, dialect: "Dialect") -> tuple[str, ...]:
    """The names in the first record of a file that starts with these bytes; () if it is empty.

    Where the contract names the columns, these names.

    Raises:
        SourceError: the bytes are not of the dialect's encoding, no record ends within them, or
            the first one has not as many fields as the contract has names.
    """
    record = first_record(decoded(head, where, dialect.encoding), len(head), where, dialect)
    if dialect.header is True or not record:
        return record
    if len(record) != len(dialect.header):
        raise SourceError(
            f"the first record of {where} has {len(record)} fields, but `header` in the contract "
            f"names {len(dialect.header)} columns: correct `header` or `delimiter`"
        )
    return dialect.header


def decoded(head: bytes, where: str, encoding: str) -> str:
    """The text of the first bytes of a file; the last character may be cut in two.

    Raises:
        SourceError: a byte is not of the encoding, or the file's mark is that of another.
    """
    mark, meant = next(
        ((mark, name) for mark, name in MARKS.items() if head.startswith(mark)), (b"", "")
    )
    if meant and not encoding.startswith(meant):
        raise SourceError(
            f"{where} is {meant} by its first bytes, not {encoding}: "
            f"set `encoding: {meant}` under `dialect` in the contract"
        )
    if encoding in ("utf-16", "utf-32") and head and not mark:
        raise SourceError(
            f"{where} has no byte-order mark, so its bytes' order is unknown: set `encoding` "
            "to utf-16le or utf-16be"
        )
    if not encoding.startswith("utf-16") and encoding != "utf-32" and head.count(0) > len(head) / 4:
        order = "be" if head[0] == 0 else "le"
        raise SourceError(
            f"{where} has a zero in every other byte, as utf-16 has: set `encoding` under "
            f"`dialect` to utf-16{order}"
        )
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError as error:
        at = error.start + len(head) - len(error.object)
        raise SourceError(
            f"{where} is not {encoding}: byte {at} is {head[at]:#04x}. Set `encoding` under "
            "`dialect` in the contract; for Western languages it is often windows-1252"
        ) from error


def first_record(text: str, size: int, where: str, dialect: "Dialect") -> tuple[str, ...]:
    """Return the fields of the first record as column names, or () if the text has no record.

    Raises:
        SourceError: it does not end within the first 64 KB, or can't be read; `size` is the
            number of bytes that the text was decoded from.
    """
    job_dialect = cast("JobDialect", dialect.model_dump(mode="json"))
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


def _parquet_columns(read: ReadRange, size: int, where: str) -> tuple[str, ...]:
    """The names in a Parquet file's footer, which stands at its end."""
    import pyarrow as pa  # a tenth of a second that CSV does not need
    import pyarrow.parquet as pq

    if not size:
        return ()
    end = read(max(size - HEAD_BYTES, 0), HEAD_BYTES)
    length = int.from_bytes(end[-FOOTER_BYTES:-4], "little") + FOOTER_BYTES
    if length > len(end) and length <= size:
        end = read(size - length, length)
    try:
        if not end.endswith(b"PAR1"):
            raise pa.ArrowInvalid("the signature at its end is missing")
        return tuple(pq.read_schema(pa.BufferReader(end)).names)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(
            f"{where} is no Parquet file that can be read: {error}. "
            "Copy it again, or set `format: csv` in the contract"
        ) from error
