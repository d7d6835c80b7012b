"""Which file is looked at, and what is said of those that can't be."""

import bz2
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emr_ml.infer.files import find_file
from emr_ml.sources.header import HEAD_BYTES
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import Look, drawn, fractions, look, table

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3

BODY = table(["a", "label"], fractions(), drawn("x", "y")).encode()


def refusal(folder: Path, content: bytes, name: str = "data.csv") -> str:
    with pytest.raises(SourceError) as caught:
        look(folder, content, name=name)
    said = str(caught.value)
    assert "\n" not in said and name in said
    return said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", BODY),
        ("a.csv.gz", gzip.compress(BODY, mtime=0)),
        ("a.csv.bz2", bz2.compress(BODY)),
    ],
)
def test_a_file_is_read_plain_or_packed(tmp_path: Path, name: str, content: bytes) -> None:
    assert look(tmp_path, content, name=name).found.sample.rows == 200


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_large_packed_file_is_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    chance = random.Random(1)
    rows = "".join(f"{chance.random()},{chance.choice('xy')}\n" for _ in range(30_000))
    content = pack(f"a,label\n{rows}".encode())
    name = "a.csv.gz" if pack is gzip.compress else "a.csv.bz2"
    assert len(content) > 3 * HEAD_BYTES
    assert look(tmp_path, content, name=name).found.sample.rows == 30_000


def test_of_two_packed_parts_both_are_read(tmp_path: Path) -> None:
    half = len(BODY) // 2
    content = gzip.compress(BODY[:half]) + gzip.compress(BODY[half:])
    assert look(tmp_path, content, name="a.csv.gz").found.sample.rows == 200


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16le", "utf-16be", "latin-1"])
def test_a_file_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    text = table(["größe", "label"], fractions(), drawn("schön", "übel"))
    seen = look(tmp_path, text.encode(encoding))
    assert list(seen.contract.columns) == ["größe"]
    assert seen.contract.label and seen.contract.label.negative


def test_of_a_folder_the_first_visible_file_that_holds_something_is_read(tmp_path: Path) -> None:
    for name, content in {".a": b"x", "_b.csv": b"x", "c.csv": b"", "e.csv": b"x"}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "d.csv").write_bytes(BODY)
    seen = Look(tmp_path)
    assert seen.found.file.where == str(tmp_path / "d.csv")
    assert "the first of 3 files" in seen.text


def test_with_other_files_in_the_folder_no_list_of_labels_is_set(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes(BODY)
    label = look(tmp_path, BODY).contract.label
    assert label and label.negative
    label = Look(tmp_path).contract.label
    assert label and label.negative is None


def test_an_object_in_s3_is_read(s3: "S3") -> None:
    s3.put("in/data.csv", BODY)
    assert Look(s3.uri("in/data.csv")).found.sample.rows == 200


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/not/there.csv", "there is nothing at /not/there.csv"),
        ("http://a.b/c.csv", "neither a path nor an s3:// address"),
    ],
)
def test_what_is_not_there_is_told(address: str, expected: str) -> None:
    with pytest.raises(SourceError, match=expected):
        find_file(address)


def test_a_folder_without_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no file in"):
        find_file(str(tmp_path))


def test_a_key_that_is_not_there_is_told(s3: "S3") -> None:
    with pytest.raises(SourceError, match="there is no file in s3://"):
        find_file(s3.uri("not/there.csv"))


def test_a_bucket_that_is_not_there_is_told(s3: "S3") -> None:
    with pytest.raises(SourceError, match="NoSuchBucket"):
        find_file(f"s3://{s3.bucket}-not-there/a.csv")


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("data.csv", BODY)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"", "data.csv", "is empty"),
        (b"\n\n", "data.csv", "holds no record"),
        (b"a,b,c\n", "data.csv", "has no row below its header"),
        (b"a,b,c", "data.csv", "has no row below its header"),
        (zipped(), "data.csv", "a zip archive or a spreadsheet"),
        (zipped(), "data.xlsx", "a zip archive or a spreadsheet"),
        (gzip.compress(BODY), "data.csv", "let it end in .gz"),
        (gzip.compress(BODY)[:200], "data.csv.gz", "copy it again"),
        (bz2.compress(BODY)[:200], "data.csv.bz2", "copy it again"),
        (BODY, "data.csv.gz", "can't be unpacked"),
        (bytes(range(256)) * 20, "data.csv", "is no text"),
        (b"PAR1" + bytes(100), "data.parquet", "no Parquet file that can be read"),
    ],
)
def test_what_can_not_be_read_is_told_in_one_line(
    tmp_path: Path, content: bytes, name: str, expected: str
) -> None:
    assert expected in refusal(tmp_path, content, name)


def test_a_quote_that_swallows_the_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emr_ml.infer.csv_sample.LONGEST_FIELD", 300_000)
    fine = b'"x, y",1\n"z",2\n' * 20_000
    said = refusal(tmp_path, b"a,label\n" + fine + b'"x,1\n' + b"z,2\n" * 200_000)
    assert "record 40002 of" in said and "A quote may not be closed" in said
