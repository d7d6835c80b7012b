"""The names of the columns, from the first bytes of a file of any dialect."""

import bz2
import codecs
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd

from emr_ml.contract import Contract, Dialect
from emr_ml.sources.header import HEAD_BYTES, decompressed_head, read_head
from emr_ml.sources.listing import SourceError
from emr_ml_tests.sources.headers import header_of
from emr_ml_tests.zips import locked, zipped
from spark_jobs.reading.source_bytes import open_zipped

# of this, no whole block of bzip2 or zstd is in the first 64 KB
NOISE = "".join(f"{number}\n" for number in random.Random(5).sample(range(10**15), 60_000)).encode()


def header(text: str | bytes, **dialect: object) -> tuple[str, ...]:
    head = text.encode() if isinstance(text, str) else text
    return header_of(head, Dialect.model_validate(dialect))


def columns(name: str, body: bytes, **contract: object) -> tuple[str, ...]:
    """Return the columns of a file with that name and content."""
    terms = Contract.model_validate({"columns": {"a": "numeric"}, **contract})
    return read_head(
        lambda start, length: body[start : start + length], len(body), name, terms
    ).columns


@pytest.mark.parametrize(
    ("text", "names"),
    [
        *((f"a,b{end}", ("a", "b")) for end in ("\n", "\r\n", "\r", "")),
        pytest.param("", (), id="empty file"),
        pytest.param("\n\r\na,b\n", ("a", "b"), id="empty lines before the header"),
        pytest.param(codecs.BOM_UTF8 + b'"a",b\n', ("a", "b"), id="byte-order mark"),
        pytest.param(codecs.BOM_UTF8 * 2 + b"a,b\n", ("a", "b"), id="two byte-order marks"),
        pytest.param('"a,1","say ""b""",c\n', ("a,1", 'say "b"', "c"), id="quotes"),
        pytest.param('"a\n1",b\n1,2\n', ("a\n1", "b"), id="line break in quotes"),
        pytest.param('"a\r\n1",b\n1,2\n', ("a\r\n1", "b"), id="Windows line break in quotes"),
        pytest.param(' a , "b" \n', ("a", "b"), id="surrounding spaces"),
        pytest.param("e\u0301,b\n", ("é", "b"), id="accent as a character of its own"),
        pytest.param(b"a,b\n" + "é".encode()[:1], ("a", "b"), id="cut off within a character"),
    ],
)
def test_the_first_record_is_the_header(text: str | bytes, names: tuple[str, ...]) -> None:
    assert header(text) == names


@pytest.mark.parametrize(
    ("text", "dialect", "names"),
    [
        ('"say \\"a\\"",b\n', {"escape": "\\"}, ('say "a"', "b")),
        ("'a,1',b\n", {"quote": "'"}, ("a,1", "b")),
        ('"a,b"\n', {"quote": ""}, ('"a', 'b"')),
        *((f"a,1{mark}b\n", {"delimiter": mark}, ("a,1", "b")) for mark in ";\t|"),
        (" a ,b\n", {"trim": False}, (" a ", "b")),
        ("1,2\n", {"header": ["a", "b"]}, ("a", "b")),
        *(
            ("preço,b\n".encode(name), {"encoding": name}, ("preço", "b"))
            for name in ("latin-1", "utf-16", "utf-16-le")
        ),
    ],
)
def test_the_header_is_read_in_the_dialect_of_the_contract(
    text: str | bytes, dialect: dict[str, object], names: tuple[str, ...]
) -> None:
    assert header(text, **dialect) == names


def test_a_wide_header_that_fits_is_read_whole() -> None:
    names = tuple(f"column {i}" for i in range(4000))
    text = ",".join(names) + "\n"
    assert len(text) < HEAD_BYTES
    assert header((text + "1," * HEAD_BYTES).encode()[:HEAD_BYTES]) == names


@pytest.mark.parametrize(
    ("text", "dialect", "message"),
    [
        (("column," * HEAD_BYTES)[:HEAD_BYTES], {}, r"record of data\.csv does not end within"),
        (('"' + "a\n" * HEAD_BYTES)[:HEAD_BYTES], {}, r"record of data\.csv does not end within"),
        ('a,"b\n1,2\n', {}, r"the first record of data\.csv opens a quote"),
        ("1,2\n", {"header": ["a", "b", "c"]}, "has 2 fields, but `header` .* names 3"),
        ("preço,b\n".encode("latin-1"), {}, r"is not utf-8: byte 3 is 0xe7\. Set `encoding`"),
        (codecs.BOM_UTF8 + "preço,b\n".encode("latin-1"), {}, "byte 6 is 0xe7"),
        ("a,b\n".encode("utf-16"), {}, "set `encoding: utf-16`"),
        (codecs.BOM_UTF8 + b"a,b\n", {"encoding": "windows-1252"}, "set `encoding: utf-8`"),
        ("a,b\n1,2\n".encode("utf-16-le"), {}, "to utf-16le"),
        ("a,b\n1,2\n".encode("utf-16-be"), {"encoding": "latin-1"}, "to utf-16be"),
        ("a,b\n".encode("utf-16-le"), {"encoding": "utf-16"}, "no byte-order mark"),
    ],
)
def test_a_header_that_does_not_fit_the_dialect_is_an_error(
    text: str | bytes, dialect: dict[str, object], message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        header(text, **dialect)


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("x.csv.gz", gzip.compress),
        ("X.CSV.GZ", gzip.compress),
        ("x.csv.bz2", bz2.compress),
        ("x.csv.zst", zstd.compress),
    ],
)
@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"a,b\n" * 10**6, ("a", "b")),
        pytest.param(b"a,b\n" + NOISE, ("a", "b"), id="blocks of more than 64 KB"),
        (b"", ()),
    ],
)
def test_a_compressed_file_has_columns(
    name: str, compress: Callable[[bytes], bytes], text: bytes, names: tuple[str, ...]
) -> None:
    assert columns(name, compress(text)) == names


def test_folders_and_files_of_macos_in_an_archive_are_not_its_file() -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.mkdir("export")
        archive.writestr("__MACOSX/export/._a.csv", "x")
        archive.writestr("export/.DS_Store", "x")
        archive.writestr("export/a.csv", "a,b\n1,2\n")

    assert columns("x.zip", body.getvalue()) == ("a", "b")
    with open_zipped(body, "x.zip") as content:
        assert content.read() == b"a,b\n1,2\n"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("stream", [False, True])
def test_a_zipped_file_has_columns(method: int, stream: bool) -> None:
    assert columns("x.csv.zip", zipped(b"a,b\n1,2\n", method=method, stream=stream)) == ("a", "b")


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("x.csv.gz", gzip.compress(b"a,b\n", mtime=0)[:10], r"x\.csv\.gz is truncated"),
        ("x.csv.bz2", bz2.compress(b"a,b\n")[:10], r"x\.csv\.bz2 is truncated"),
        ("x.csv.gz", b"a,b\n1,2\n", r"x\.csv\.gz can't be decompressed"),
        ("x.csv.bz2", b"a,b\n1,2\n", r"x\.csv\.bz2 can't be decompressed"),
        ("x.csv", gzip.compress(b"a,b\n", mtime=0), "compressed by gzip, .* name end in .gz"),
        ("x.csv", bz2.compress(b"a,b\n"), "compressed by bzip2, .* name end in .bz2"),
        ("x.csv.zst", b"a,b\n1,2\n", r"x\.csv\.zst can't be decompressed"),
        ("x.csv.zst", zstd.compress(b"a,b\n")[:8], r"x\.csv\.zst is truncated"),
        ("x.csv", zstd.compress(b"a,b\n"), "compressed by zstd: let its name end in .zst"),
        ("x.csv.xz", b"a,b\n", "has an unsupported compression"),
        pytest.param("x.zip", b"a,b\n", "is not a zip archive", id="no zip"),
        pytest.param("x.zip", locked(zipped(b"a,b\n")), "not begin with a plain", id="password"),
        ("x.csv", b"PK\x03\x04...", "a zip archive or a spreadsheet"),
        ("x.csv", b"PAR1...", "a Parquet file: set `format: parquet`"),
    ],
)
def test_a_file_that_spark_would_not_read_as_csv_is_an_error(
    name: str, body: bytes, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        decompressed_head(body, name)


def parquet(columns: dict[str, Any]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def test_the_columns_of_a_parquet_file_are_in_its_footer() -> None:
    assert columns("x.parquet", parquet({"a": [1], "b.c": [2]}), format="parquet") == ("a", "b.c")


def test_the_columns_of_a_nested_parquet_file_are_paths() -> None:
    body = parquet({"a": [{"b": 1, "c": {"d": "x"}}], "e": [2]})

    assert columns("x.parquet", body, format="parquet") == ("a.b", "a.c.d", "e")


def test_a_long_footer_of_a_parquet_file_is_read_whole() -> None:
    wide = {f"column {i}": [i] for i in range(2000)}
    body = parquet(wide)
    assert int.from_bytes(body[-8:-4], "little") > HEAD_BYTES
    assert columns("x.parquet", body, format="parquet") == tuple(wide)


@pytest.mark.parametrize("body", [b"a,b\n1,2\n", parquet({"a": [1]})[:-20], b"PAR1", b"PAR1PAR1"])
def test_a_damaged_parquet_file_is_an_error(body: bytes) -> None:
    with pytest.raises(SourceError, match=r"x\.parquet is not a readable Parquet file"):
        columns("x.parquet", body, format="parquet")
