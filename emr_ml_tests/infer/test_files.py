"""Which file is sampled, and the errors for those that can't be."""

import bz2
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from backports import zstd

from emr_ml.infer.files import find_file
from emr_ml.sources.header import HEAD_BYTES
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import Inferred, choices, csv_text, floats, infer_content
from emr_ml_tests.zips import locked, zipped

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3

BODY = csv_text(["a", "label"], floats(), choices("x", "y")).encode()
HALF = len(BODY) // 2


def error_of(folder: Path, content: bytes, name: str = "data.csv") -> str:
    with pytest.raises(SourceError) as caught:
        infer_content(folder, content, name=name)
    message = str(caught.value)
    assert "\n" not in message and name in message
    return message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", BODY),
        ("a.csv.gz", gzip.compress(BODY, mtime=0)),
        ("a.csv.bz2", bz2.compress(BODY)),
        ("a.csv.zip", zipped(BODY)),
        ("a.csv.zst", zstd.compress(BODY)),
        ("a.csv.zst", zstd.compress(BODY[:HALF]) + zstd.compress(BODY[HALF:])),
        (
            "two_members.csv.gz",
            gzip.compress(BODY[:HALF], mtime=0) + gzip.compress(BODY[HALF:], mtime=0),
        ),
    ],
)
def test_a_file_may_be_compressed(tmp_path: Path, name: str, content: bytes) -> None:
    assert infer_content(tmp_path, content, name=name).profile.sample.rows == 200


@pytest.mark.parametrize(
    ("name", "compress"),
    [("a.csv.gz", gzip.compress), ("a.csv.bz2", bz2.compress), ("a.csv.zst", zstd.compress)],
)
def test_a_compressed_file_may_be_large(
    tmp_path: Path, name: str, compress: Callable[[bytes], bytes]
) -> None:
    rng = random.Random(1)
    rows = "".join(f"{rng.random()},{rng.choice('xy')}\n" for _ in range(30_000))
    content = compress(f"a,label\n{rows}".encode())
    assert len(content) > 3 * HEAD_BYTES
    assert infer_content(tmp_path, content, name=name).profile.sample.rows == 30_000


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        pytest.param(zipped(BODY, BODY), "holds 2 files, but one can be read", id="two files"),
        pytest.param(zipped(), "is not a zip archive", id="no file"),
        pytest.param(locked(zipped(BODY)), "unpack it", id="password"),
        pytest.param(zipped(BODY)[:-40], "is damaged", id="cut off"),
        pytest.param(BODY, "is not a zip archive", id="only the name"),
    ],
)
def test_an_archive_without_one_plain_file_is_an_error(
    tmp_path: Path, archive: bytes, words: str
) -> None:
    assert words in error_of(tmp_path, archive, "data.csv.zip")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16le", "utf-16be", "latin-1"])
def test_a_file_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    text = csv_text(["größe", "label"], floats(), choices("schön", "übel"))
    contract = infer_content(tmp_path, text.encode(encoding)).contract
    assert list(contract.columns) == ["größe"]
    assert contract.label and contract.label.negative


def test_of_a_folder_the_first_visible_file_with_data_is_read(tmp_path: Path) -> None:
    contents = {".a": b"x", "_b.csv": b"x", "c.csv": b"", "d.csv": BODY, "e.csv": b"x"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    inferred = Inferred(tmp_path)
    assert inferred.profile.file.address == str(tmp_path / "d.csv")
    assert "# First of 3 files" in inferred.text


def test_other_files_in_the_folder_may_have_other_labels(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes(BODY)
    alone, in_folder = (
        infer_content(tmp_path, BODY).contract.label,
        Inferred(tmp_path).contract.label,
    )
    assert alone and alone.negative
    assert in_folder and in_folder.negative is None


def test_an_object_in_s3_is_read(s3: "S3") -> None:
    s3.put("in/data.csv", BODY)
    assert Inferred(s3.uri("in/data.csv")).profile.sample.rows == 200


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/not/there.csv", "there is nothing at /not/there.csv"),
        ("http://a.b/c.csv", "neither a path nor an s3:// address"),
        ("{tmp_path}", "there is no file in"),
    ],
)
def test_an_address_without_a_file_is_an_error(tmp_path: Path, address: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        find_file(address.format(tmp_path=tmp_path))


def test_an_address_without_an_object_is_an_error(s3: "S3") -> None:
    with pytest.raises(SourceError, match="there is no file in s3://"):
        find_file(s3.uri("not/there.csv"))
    with pytest.raises(SourceError, match="NoSuchBucket"):
        find_file(f"s3://{s3.bucket}-not-there/a.csv")


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(zipfile.ZipInfo("data.csv"), BODY)  # of a fixed time
    return archive.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "data.csv", "is empty"),
        (b"\n\n", "data.csv", "is empty"),
        (b"a,b,c\n", "data.csv", "has no row below its header"),
        (b"a,b,c", "data.csv", "has no row below its header"),
        (zipped(), "data.csv", "a zip archive or a spreadsheet"),
        (zipped(), "data.xlsx", "a zip archive or a spreadsheet"),
        (gzip.compress(BODY, mtime=0), "data.csv", "let the name end in .gz"),
        (gzip.compress(BODY, mtime=0)[:200], "data.csv.gz", "copy it again"),
        (bz2.compress(BODY)[:200], "data.csv.bz2", "copy it again"),
        (zstd.compress(BODY)[:-9], "data.csv.zst", "copy it again"),
        (BODY, "data.csv.gz", "can't be decompressed"),
        (bytes(range(256)) * 20, "data.csv", "is not text"),
        (b"PAR1" + bytes(100), "data.parquet", "is not a readable Parquet file"),
    ],
)
def test_a_file_that_can_not_be_read_is_an_error_of_one_line(
    tmp_path: Path, content: bytes, name: str, message: str
) -> None:
    assert message in error_of(tmp_path, content, name)


def test_a_quote_that_is_not_closed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emr_ml.infer.csv_sample.MAX_FIELD", 300_000)
    well_formed = b'"x, y",1\n"z",2\n' * 20_000
    message = error_of(tmp_path, b"a,label\n" + well_formed + b'"x,1\n' + b"z,2\n" * 200_000)
    assert "record 40002 of" in message and "Check for a quote that is not closed" in message
