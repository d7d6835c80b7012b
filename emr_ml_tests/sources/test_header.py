"""The names of the columns, from the first bytes of a file of any dialect."""

import bz2
import codecs
import gzip
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emr_ml.contract import Contract, Dialect
from emr_ml.sources.header import HEAD_BYTES, columns_of, header_of, unpacked
from emr_ml.sources.listing import SourceError


def header(text: str | bytes, **dialect: object) -> tuple[str, ...]:
    head = text.encode() if isinstance(text, str) else text
    return header_of(head, "data.csv", Dialect.model_validate(dialect))


def columns(name: str, body: bytes, **contract: object) -> tuple[str, ...]:
    """The columns of a file of that name."""
    terms = Contract.model_validate({"columns": {"a": "numeric"}, **contract})
    return columns_of(lambda start, length: body[start : start + length], len(body), name, terms)


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
    with pytest.raises(
        SourceError, match=r"data\.csv is not utf-8: byte 3 is 0xe7\. Set `encoding`"
    ):
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


def test_a_header_with_a_quote_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"the first record of data\.csv opens a quote"):
        header('a,"b\n1,2\n')


PACKED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("x.csv.gz", gzip.compress),
    ("x.csv.bz2", bz2.compress),
]


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_a_packed_file_is_looked_into(name: str, pack: Callable[[bytes], bytes]) -> None:
    assert columns(name, pack(b"a,b\n" * 10**6)) == ("a", "b")


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_a_packed_file_of_nothing_has_no_columns(name: str, pack: Callable[[bytes], bytes]) -> None:
    assert columns(name, pack(b"")) == ()


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_a_packed_file_that_ends_too_early_is_an_error(
    name: str, pack: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(SourceError, match=f"{name} ends before its compressed data does"):
        columns(name, pack(b"a,b\n")[:10])


@pytest.mark.parametrize("name", ["x.csv.gz", "x.csv.bz2"])
def test_a_packed_file_that_is_broken_is_an_error(name: str) -> None:
    with pytest.raises(SourceError, match=f"{name} can't be unpacked"):
        columns(name, b"a,b\n1,2\n")


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("x.csv", gzip.compress(b"a,b\n", mtime=0), "packed by gzip, but Spark goes by the name"),
        ("x.csv", bz2.compress(b"a,b\n"), "packed by bzip2, but Spark goes by the name"),
        ("x.csv.GZ", gzip.compress(b"a,b\n", mtime=0), "let it end in .gz"),
        ("x.csv.zst", b"a,b\n", "packed in a way that can't be read"),
        ("x.csv", b"PK\x03\x04...", "a zip archive or a spreadsheet"),
        ("x.csv", b"PAR1...", "a Parquet file: set `format: parquet`"),
    ],
)
def test_a_file_that_is_no_csv_is_told_what_it_is(name: str, body: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        unpacked(body, name)


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        ("a,b\n".encode("utf-16"), "utf-8", "set `encoding: utf-16`"),
        (codecs.BOM_UTF8 + b"a,b\n", "windows-1252", "set `encoding: utf-8`"),
        ("a,b\n1,2\n".encode("utf-16-le"), "utf-8", "to utf-16le"),
        ("a,b\n1,2\n".encode("utf-16-be"), "latin-1", "to utf-16be"),
        ("a,b\n".encode("utf-16-le"), "utf-16", "no byte-order mark"),
    ],
)
def test_another_encoding_than_the_contract_s_is_named(
    body: bytes, encoding: str, said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        header(body, encoding=encoding)


def test_an_accented_letter_is_one_character() -> None:
    assert header("e\u0301,b\n") == ("é", "b")


def test_a_file_without_a_header_has_the_names_of_the_contract() -> None:
    assert header("1,2\n", header=["a", "b"]) == ("a", "b")


def test_names_that_are_more_than_the_fields_are_an_error() -> None:
    with pytest.raises(SourceError, match="has 2 fields, but `header` in the contract names 3"):
        header("1,2\n", header=["a", "b", "c"])


def test_quotes_are_characters_where_nothing_is_quoted() -> None:
    assert header('"a,b"\n', quote="") == ('"a', 'b"')


def parquet(columns: dict[str, list[int]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def test_a_parquet_file_has_its_columns_in_its_footer() -> None:
    assert columns("x.parquet", parquet({"a": [1], "b.c": [2]}), format="parquet") == ("a", "b.c")


def test_a_long_footer_of_a_parquet_file_is_read_whole() -> None:
    wide = {f"column {i}": [i] for i in range(2000)}
    body = parquet(wide)
    assert int.from_bytes(body[-8:-4], "little") > HEAD_BYTES

    assert columns("x.parquet", body, format="parquet") == tuple(wide)


@pytest.mark.parametrize("body", [b"a,b\n1,2\n", parquet({"a": [1]})[:-20], b"PAR1", b"PAR1PAR1"])
def test_what_is_no_parquet_file_is_told_to_be_none(body: bytes) -> None:
    with pytest.raises(SourceError, match=r"x\.parquet is no Parquet file that can be read"):
        columns("x.parquet", body, format="parquet")
