"""Which files are in a snapshot, from a folder or S3, for a local lake or one in S3."""

import bz2
import gzip
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emr_ml.contract import Contract
from emr_ml.lake.snapshots import take_snapshot
from emr_ml.sources.listing import SourceError
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import SourceFile
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.sources import SnapshotGuard

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3

BODY = b"a,b\n1,2\n"
CSV = Contract.model_validate({"columns": {"a": "numeric"}})


def take(source: object, lake: Lake) -> list[SourceFile]:
    return take_snapshot(str(source), lake, "raw_csv_s3", CSV).files


def names(files: Sequence[SourceFile]) -> list[str]:
    return [file.name for file in files]


def write(folder: Path, *files: str) -> Path:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(BODY)
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


def test_a_file_is_listed_under_its_name(source: Path, folder_lake: Lake) -> None:
    path = write(source, "data.csv") / "data.csv"
    file = SourceFile("data.csv", str(path), len(BODY), content_of(path), ("a", "b"))
    assert take(path, folder_lake) == [file]


def test_a_single_file_that_spark_ignores_is_refused(source: Path, folder_lake: Lake) -> None:
    path = write(source, "_data.csv") / "_data.csv"
    with pytest.raises(SourceError, match=r"Spark can't read a file named '_data\.csv'"):
        take(path, folder_lake)


def test_a_file_name_with_a_colon_is_refused(source: Path, folder_lake: Lake) -> None:
    with pytest.raises(SourceError, match=r"Spark can't read a file named '10:00\.csv'"):
        take(write(source, "10:00.csv"), folder_lake)


def test_all_files_below_a_folder_are_listed_in_order(source: Path, folder_lake: Lake) -> None:
    write(source, "b.csv", "a/z.csv", "a/b/c.csv", "a-1.csv")
    assert names(take(source, folder_lake)) == ["a-1.csv", "a/b/c.csv", "a/z.csv", "b.csv"]


HIDDEN = ["_SUCCESS", ".part-0.crc", ".hidden/x.csv", "a/_temporary/0/x.csv"]


def test_hidden_files_in_a_folder_are_ignored(source: Path, folder_lake: Lake) -> None:
    write(source, "part-0.csv", *HIDDEN)
    assert names(take(source, folder_lake)) == ["part-0.csv"]


def test_a_folder_may_itself_be_hidden(tmp_path: Path, folder_lake: Lake) -> None:
    source = write(tmp_path / ".data" / "_source", "x.csv")
    assert names(take(source, folder_lake)) == ["x.csv"]


def test_what_is_done_and_what_is_left_is_noted_before_each_file(
    source: Path, folder_lake: Lake
) -> None:
    notes: list[str] = []

    take_snapshot(
        str(write(source, "a.csv", "b.csv")), folder_lake, "raw_csv_s3", CSV, notes.append
    )

    assert notes == [
        f"listing {source}",
        "0 of 2 files read, 0 of 16 bytes",
        "1 of 2 files read, 8 of 16 bytes",
        "0 of 2 files stored, 0 of 16 bytes",
        "1 of 2 files stored, 8 of 16 bytes",
    ]


def test_a_missing_source_is_an_error(source: Path, folder_lake: Lake) -> None:
    with pytest.raises(SourceError, match=f"there is nothing at {source}"):
        take(source, folder_lake)


@pytest.mark.parametrize("files", [[], ["_SUCCESS"], ["a/.hidden"]])
def test_a_folder_without_files_is_an_error(
    source: Path, folder_lake: Lake, files: list[str]
) -> None:
    source.mkdir()
    write(source, *files)
    with pytest.raises(SourceError, match=f"there is no file in {source}"):
        take(source, folder_lake)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_an_error(source: Path, folder_lake: Lake) -> None:
    path = write(source, "data.csv") / "data.csv"
    path.chmod(0)
    with pytest.raises(SourceError, match=f"{path} can't be read: Permission denied"):
        take(source, folder_lake)


def test_equal_content_at_another_path_has_the_same_id(
    source: Path, tmp_path: Path, folder_lake: Lake
) -> None:
    (here,) = take(write(source, "x.csv"), folder_lake)
    (there,) = take(write(tmp_path / "moved", "y.csv"), folder_lake)
    assert here.content == there.content


def test_other_content_has_another_id(source: Path, folder_lake: Lake) -> None:
    (before,) = take(write(source, "x.csv"), folder_lake)
    (source / "x.csv").write_bytes(b"a,b\n1,3\n")
    (after,) = take(source, folder_lake)
    assert before.content != after.content


def test_a_local_lake_has_no_copy(source: Path, folder_lake: Lake) -> None:
    take(write(source, "x.csv"), folder_lake)
    assert list(folder_lake.list("")) == []


def test_only_objects_below_a_prefix_are_listed(s3: "S3", folder_lake: Lake) -> None:
    for key in ("data/b.csv", "data/a/c.csv", "database.csv", "data.csv", "other/data/x.csv"):
        s3.put(key)
    assert names(take(s3.uri("data"), folder_lake)) == ["a/c.csv", "b.csv"]


def test_a_prefix_may_end_with_a_slash(s3: "S3", folder_lake: Lake) -> None:
    s3.put("data/")
    s3.put("data/b.csv")
    assert names(take(s3.uri("data/"), folder_lake)) == ["b.csv"]


def test_a_bucket_can_be_the_source(s3: "S3", folder_lake: Lake) -> None:
    s3.put("a/b.csv")
    assert names(take(s3.uri(), folder_lake)) == ["a/b.csv"]


def test_hidden_objects_below_a_prefix_are_ignored(s3: "S3", folder_lake: Lake) -> None:
    for key in ("part-0.csv", "folder/", *HIDDEN):
        s3.put(f"_in/{key}")
    assert names(take(s3.uri("_in"), folder_lake)) == ["part-0.csv"]


@pytest.mark.parametrize("key", ["in/data.csv", "in/_data.csv", "in/what? #1 + ü.csv"])
def test_an_object_is_listed_under_its_name(s3: "S3", folder_lake: Lake, key: str) -> None:
    etag = s3.put(key)
    s3.put(f"{key}.bak")
    name = key.rpartition("/")[2]
    file = SourceFile(name, s3.uri(key), len(BODY), f"etag:{etag}", ("a", "b"))
    assert take(s3.uri(key), folder_lake) == [file]


def test_an_object_is_referenced_where_it_is(s3: "S3") -> None:
    s3.put("in/x.csv")
    lake = open_lake(s3.uri("lake"))
    assert [file.uri for file in take(s3.uri("in"), lake)] == [s3.uri("in/x.csv")]
    assert list(lake.list("")) == []


def test_an_object_matches_its_snapshot(s3: "S3", folder_lake: Lake) -> None:
    s3.put("in/x.csv")
    SnapshotGuard(take(s3.uri("in"), folder_lake)).check_before()


def test_an_object_without_bytes_has_no_columns(s3: "S3", folder_lake: Lake) -> None:
    s3.put("in/x.csv", b"")
    assert [file.columns for file in take(s3.uri("in"), folder_lake)] == [()]


def test_a_prefix_without_objects_is_an_error(s3: "S3", folder_lake: Lake) -> None:
    with pytest.raises(SourceError, match=f"there is no file in {s3.uri('in')}"):
        take(s3.uri("in"), folder_lake)


def test_a_missing_bucket_is_an_error(s3: "S3", folder_lake: Lake) -> None:
    with pytest.raises(SourceError, match=f"s3://{s3.bucket}-not/in can't be read: .*NoSuchBucket"):
        take(f"s3://{s3.bucket}-not/in", folder_lake)


@pytest.fixture
def s3_lake(s3: "S3") -> Lake:
    return open_lake(s3.uri("lake"))


def test_a_local_file_is_uploaded_to_a_lake_in_s3(source: Path, s3_lake: Lake) -> None:
    (file,) = take(write(source, "x.csv"), s3_lake)
    stored = s3_lake.read(file.uri.removeprefix(f"{s3_lake.root}/"))
    assert stored and stored.body == BODY


def test_equal_files_are_uploaded_once(source: Path, s3_lake: Lake) -> None:
    take(write(source, "x.csv", "y.csv", "a/z.csv"), s3_lake)
    assert len(list(s3_lake.list(""))) == 1


def test_an_uploaded_file_keeps_its_name_in_the_snapshot(source: Path, s3_lake: Lake) -> None:
    assert names(take(write(source, "x.csv", "a/y.csv"), s3_lake)) == ["a/y.csv", "x.csv"]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".csv.bz2"])
def test_an_uploaded_file_keeps_its_suffixes(source: Path, s3_lake: Lake, suffix: str) -> None:
    contents = {".csv.gz": gzip.compress(BODY), ".csv.bz2": bz2.compress(BODY)}.get(suffix, BODY)
    source.mkdir()
    (source / f"x{suffix}").write_bytes(contents)
    (file,) = take(source, s3_lake)
    digest = content_of(source / f"x{suffix}").removeprefix("sha256:")
    assert file.uri == s3_lake.uri(f"raw_csv_s3/files/{digest}{suffix}")


def test_an_uploaded_file_has_the_id_of_the_local_one(
    source: Path, folder_lake: Lake, s3_lake: Lake
) -> None:
    write(source, "x.csv")
    assert take(source, s3_lake)[0].content == take(source, folder_lake)[0].content


SKIPPING = Contract.model_validate({"columns": {"a": "numeric"}, "on_bad_file": "skip"})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"a;b\n1;2\n", "bad.csv lacks 'a'"),
        (b"", "bad.csv is empty"),
        (b"\xff\xfea\x00,\x00", "has the byte-order mark of utf-16"),
    ],
)
def test_a_bad_file_is_skipped_with_its_reason_if_the_contract_says_so(
    source: Path, folder_lake: Lake, body: bytes, reason: str
) -> None:
    write(source, "good.csv")
    (source / "bad.csv").write_bytes(body)

    snapshot = take_snapshot(str(source), folder_lake, "raw_csv_s3", SKIPPING)

    assert names(snapshot.files) == ["good.csv"]
    assert reason in snapshot.skipped["bad.csv"]


def test_a_mended_file_is_taken_up(source: Path, folder_lake: Lake) -> None:
    write(source, "good.csv", "bad.csv")

    snapshot = take_snapshot(str(source), folder_lake, "raw_csv_s3", SKIPPING)

    assert names(snapshot.files) == ["bad.csv", "good.csv"]
    assert snapshot.skipped == {}


def test_if_no_file_fits_none_is_skipped(source: Path, folder_lake: Lake) -> None:
    source.mkdir()
    (source / "bad.csv").write_bytes(b"x;y\n1;2\n")

    snapshot = take_snapshot(str(source), folder_lake, "raw_csv_s3", SKIPPING)

    assert names(snapshot.files) == ["bad.csv"]


def test_a_header_in_another_case_fits_if_the_contract_ignores_it(
    source: Path, folder_lake: Lake
) -> None:
    source.mkdir()
    (source / "a.csv").write_bytes(b"A,B\n1,2\n")
    ignoring = Contract.model_validate({"columns": {"a": "numeric"}, "header_case": "ignore"})

    (file,) = take_snapshot(str(source), folder_lake, "raw_csv_s3", ignoring).files

    assert file.columns == ("a", "B")
    (exact,) = take_snapshot(str(source), folder_lake, "raw_csv_s3", CSV).files
    assert exact.columns == ("A", "B")


TWO_COLUMNS = Contract.model_validate(
    {"columns": {"a": "numeric", "b": "text"}, "on_bad_file": "skip"}
)


@pytest.mark.parametrize(
    ("body", "is_skipped"),
    [
        pytest.param("a,b\n1;2\n3;4\n", True, id="another delimiter in all rows"),
        pytest.param("a,b\n1,2,3\n4,5,6\n", True, id="one field more in all rows"),
        pytest.param("a,b\n1;2\n3,4\n", False, id="one row fits"),
        pytest.param("a,b\n1;2\n", False, id="a single row"),
        pytest.param("a,b\nx,y\nx,y\n", False, id="values that do not fit"),
        pytest.param('a,b\n1;2\n"3;4', False, id="a quote that is not closed"),
        pytest.param("a,b\n", False, id="no rows"),
        pytest.param("a,b\n" + "1;2\n" * 40_000, True, id="more than its beginning"),
    ],
)
def test_a_file_whose_first_rows_all_have_another_width_is_a_bad_one(
    source: Path, folder_lake: Lake, body: str, is_skipped: bool
) -> None:
    source.mkdir()
    (source / "good.csv").write_text("a,b\n1,2\n")
    (source / "bad.csv").write_text(body)

    snapshot = take_snapshot(str(source), folder_lake, "raw_csv_s3", TWO_COLUMNS)

    assert ("bad.csv" in snapshot.skipped) is is_skipped
    assert (
        not is_skipped or "another number of fields than its header" in snapshot.skipped["bad.csv"]
    )


def test_if_the_rows_of_no_file_fit_none_is_skipped(source: Path, folder_lake: Lake) -> None:
    source.mkdir()
    (source / "bad.csv").write_text("a,b\n1;2\n3;4\n")

    snapshot = take_snapshot(str(source), folder_lake, "raw_csv_s3", TWO_COLUMNS)

    assert (names(snapshot.files), snapshot.skipped) == (["bad.csv"], {})
