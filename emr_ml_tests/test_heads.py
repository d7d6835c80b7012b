"""The names of the columns, from the first bytes of a file of any dialect."""

import bz2
import codecs
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from emr_ml.contract import Dialect
from emr_ml.snapshot import HEAD_BYTES, SourceError, header_of, take_snapshot
from spark_jobs.runtime.lake import Lake


def header(text: str | bytes, **dialect: object) -> tuple[str, ...]:
    head = text.encode() if isinstance(text, str) else text
    return header_of(head, "data.csv", Dialect.model_validate(dialect))


def columns_of(name: str, body: bytes, folder: Path, lake: Lake) -> tuple[str, ...]:
    """The columns that a snapshot of such a file has."""
    (folder / name).write_bytes(body)
    dialect = Dialect.model_validate({})
    return take_snapshot(str(folder / name), lake, "raw_csv_s3", dialect)[0].columns


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_the_first_record_is_the_header(end: str) -> None:
    assert header(f"a,b{end}") == ("a", "b")


def test_an_empty_file_has_no_columns() -> None:
    assert header("") == ()


def test_empty_lines_before_the_header_are_passed_over() -> None:
    assert header("\n\r\na,b\n") == ("a", "b")


def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    assert header(codecs.BOM_UTF8 + b'"a",b\n') == ("a", "b")


def test_a_quoted_name_may_hold_the_delimiter_and_quotes() -> None:
    assert header('"a,1","say ""b""",c\n') == ("a,1", 'say "b"', "c")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_quoted_name_may_hold_a_newline(newline: str) -> None:
    assert header(f'"a{newline}1",b\n1,2\n') == (f"a{newline}1", "b")


def test_a_quote_may_be_escaped_in_another_way() -> None:
    assert header('"say \\"a\\"",b\n', escape="\\") == ('say "a"', "b")


def test_another_quote_may_be_set() -> None:
    assert header("'a,1',b\n", quote="'") == ("a,1", "b")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_may_be_set(delimiter: str) -> None:
    assert header(f"a,1{delimiter}b\n", delimiter=delimiter) == ("a,1", "b")


def test_blanks_around_a_name_are_cut_off() -> None:
    assert header(' a , "b" \n') == ("a", "b")


def test_blanks_around_a_name_stay_if_the_dialect_says_so() -> None:
    assert header(" a ,b\n", trim=False) == (" a ", "b")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_another_encoding_may_be_set(encoding: str) -> None:
    assert header("preço,b\n".encode(encoding), encoding=encoding) == ("preço", "b")


def test_a_character_that_the_end_of_the_head_cuts_in_two_is_no_error() -> None:
    assert header(b"a,b\n" + "é".encode()[:1]) == ("a", "b")


def test_a_byte_of_another_encoding_is_an_error_that_names_it() -> None:
    with pytest.raises(SourceError, match=r"data.csv is not utf-8: byte 3 is 0xe7. Set `encoding`"):
        header("preço,b\n".encode("latin-1"))


def test_a_byte_order_mark_counts_when_a_byte_is_named() -> None:
    with pytest.raises(SourceError, match="byte 6 is 0xe7"):
        header(codecs.BOM_UTF8 + "preço,b\n".encode("latin-1"))


def test_a_wide_header_that_fits_is_read_whole() -> None:
    names = tuple(f"column {i}" for i in range(4000))
    text = ",".join(names) + "\n"
    assert len(text) < HEAD_BYTES
    assert header((text + "1," * HEAD_BYTES).encode()[:HEAD_BYTES]) == names


@pytest.mark.parametrize("text", ["column," * HEAD_BYTES, '"' + "a\n" * HEAD_BYTES])
def test_a_header_without_end_is_an_error(text: str) -> None:
    with pytest.raises(SourceError, match=r"the first record of data\.csv does not end"):
        header(text[:HEAD_BYTES])


PACKED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("x.csv.gz", gzip.compress),
    ("x.csv.bz2", bz2.compress),
]


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_a_packed_file_is_looked_into(
    tmp_path: Path, folder_lake: Lake, name: str, pack: Callable[[bytes], bytes]
) -> None:
    assert columns_of(name, pack(b"a,b\n" * 10**6), tmp_path, folder_lake) == ("a", "b")


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_a_packed_file_of_nothing_has_no_columns(
    tmp_path: Path, folder_lake: Lake, name: str, pack: Callable[[bytes], bytes]
) -> None:
    assert columns_of(name, pack(b""), tmp_path, folder_lake) == ()


@pytest.mark.parametrize("name", ["x.csv.gz", "x.csv.bz2"])
def test_a_packed_file_that_is_broken_is_an_error(
    tmp_path: Path, folder_lake: Lake, name: str
) -> None:
    with pytest.raises(SourceError, match=f"{name} can't be unpacked"):
        columns_of(name, b"a,b\n1,2\n", tmp_path, folder_lake)


def test_a_packed_file_that_is_only_named_otherwise_is_an_error(
    tmp_path: Path, folder_lake: Lake
) -> None:
    with pytest.raises(SourceError, match=r"x.csv is not utf-8: byte 1 is 0x8b"):
        columns_of("x.csv", gzip.compress(b"a,b\n"), tmp_path, folder_lake)
