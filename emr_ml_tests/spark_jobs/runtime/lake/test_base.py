"""Both lakes keep the same promises."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import as_json

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3


def keys(lake: Lake, prefix: str) -> list[str]:
    return [entry.key for entry in lake.list(prefix)]


def body(lake: Lake, key: str) -> bytes | None:
    stored = lake.read(key)
    return stored.body if stored else None


def test_a_key_that_was_never_written_reads_as_none(lake: Lake) -> None:
    assert lake.read("a/b.json") is None


def test_a_key_with_others_below_it_reads_as_none(lake: Lake) -> None:
    lake.write("a/b.json", b"1")
    assert lake.read("a") is None


def test_a_key_below_an_object_reads_as_none(lake: Lake) -> None:
    lake.write("a", b"1")
    assert lake.read("a/b.json") is None


def test_a_written_object_is_read(lake: Lake) -> None:
    lake.write("a/b.json", b"\x00\xff")
    assert body(lake, "a/b.json") == b"\x00\xff"


def test_write_replaces_an_object(lake: Lake) -> None:
    lake.write("a", b"1")
    lake.write("a", b"2")
    assert body(lake, "a") == b"2"


def test_the_etag_of_a_write_is_the_one_that_is_read(lake: Lake) -> None:
    etag = lake.write("a", b"1")
    stored = lake.read("a")
    assert stored and stored.etag == etag


def test_create_writes_a_free_key(lake: Lake) -> None:
    assert lake.create("a/b", b"1")
    assert body(lake, "a/b") == b"1"


def test_create_leaves_an_existing_object(lake: Lake) -> None:
    lake.create("a", b"1")
    assert lake.create("a", b"2") is None
    assert body(lake, "a") == b"1"


def test_create_does_not_win_over_an_equal_object(lake: Lake) -> None:
    lake.create("a", b"1")
    assert lake.create("a", b"1") is None


def test_swap_writes_over_the_etag_that_was_read(lake: Lake) -> None:
    etag = lake.write("a", b"1")
    assert lake.swap("a", b"2", etag)
    assert body(lake, "a") == b"2"


def test_the_etag_of_a_swap_serves_the_next_one(lake: Lake) -> None:
    etag = lake.swap("a", b"2", lake.write("a", b"1"))
    assert etag and lake.swap("a", b"3", etag)


def test_swap_leaves_an_object_that_has_changed(lake: Lake) -> None:
    etag = lake.write("a", b"1")
    lake.write("a", b"2")
    assert lake.swap("a", b"3", etag) is None
    assert body(lake, "a") == b"2"


def test_swap_writes_nothing_if_the_object_has_vanished(lake: Lake) -> None:
    etag = lake.write("a", b"1")
    assert lake.swap("b", b"2", etag) is None
    assert lake.read("b") is None


def test_a_list_is_in_order_of_key(lake: Lake) -> None:
    for key in ("x/b", "x/a/c", "x/a-1", "x/B", "x/é"):
        lake.write(key, b"")
    assert keys(lake, "x/") == ["x/B", "x/a-1", "x/a/c", "x/b", "x/é"]


def test_a_list_has_the_keys_that_start_with_the_prefix(lake: Lake) -> None:
    for key in ("data/1", "database/2", "dat", "other/data"):
        lake.write(key, b"")
    assert keys(lake, "data") == ["data/1", "database/2"]


def test_a_list_without_prefix_has_all_keys(lake: Lake) -> None:
    lake.write("a/b", b"")
    lake.write("c", b"")
    assert keys(lake, "") == ["a/b", "c"]


def test_a_list_of_an_empty_lake_is_empty(lake: Lake) -> None:
    assert keys(lake, "a/") == []


def test_a_list_has_sizes(lake: Lake) -> None:
    lake.write("a", b"123")
    assert [entry.size for entry in lake.list("a")] == [3]


def test_a_lake_in_a_folder_does_not_list_hidden_files(folder_lake: Lake) -> None:
    # checksums of Spark's, and this lake's own locks
    etag = folder_lake.write("a/part", b"1")
    folder_lake.swap("a/part", b"2", etag)
    folder_lake.write("a/.part.crc", b"")
    assert keys(folder_lake, "a/") == ["a/part"]


def test_an_upload_stores_the_file(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(b"a,b\n" * 300_000)
    lake.upload(file, "files/1.csv", content_of(file))
    assert body(lake, "files/1.csv") == b"a,b\n" * 300_000


def test_an_upload_leaves_a_taken_key(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(b"new")
    lake.write("files/1.csv", b"old")
    lake.upload(file, "files/1.csv", content_of(file))
    assert body(lake, "files/1.csv") == b"old"


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/x", "a//b", "", ".", "a/", "a/./b"])
def test_a_key_outside_the_lake_is_refused(lake: Lake, key: str) -> None:
    with pytest.raises(ValueError, match="is not a key"):
        lake.read(key)
    with pytest.raises(ValueError, match="is not a key"):
        lake.write(key, b"")
    with pytest.raises(ValueError, match="is not a key"):
        lake.uri(key)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        as_json({"accuracy": number})


def test_json_is_the_same_for_any_order_of_keys() -> None:
    assert as_json({"a": 1, "b": 2}) == as_json({"b": 2, "a": 1})


def test_json_is_read_as_written(lake: Lake) -> None:
    lake.write_json("a.json", {"vendedor": "Fábio", "n": [1, None]})
    stored = lake.read("a.json")
    assert stored and stored.json() == {"vendedor": "Fábio", "n": [1, None]}


def test_an_address_is_the_root_and_the_key(lake: Lake) -> None:
    assert lake.uri("a/b") == f"{lake.root}/a/b"


def test_a_lake_in_s3_stays_below_its_prefix(s3: "S3") -> None:
    from spark_jobs.runtime.lake import open_lake

    s3.put("other/a")
    open_lake(s3.uri("mine")).write("a", b"")
    assert keys(open_lake(s3.uri("mine/")), "") == ["a"]


def test_an_upload_of_other_content_than_promised_leaves_no_object(
    lake: Lake, tmp_path: Path
) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(b"a,b\n1,2\n")
    promised = content_of(file)
    file.write_bytes(b"a,b\n3,4\n")

    with pytest.raises(JobError, match=r"file\.csv changed since the snapshot"):
        lake.upload(file, "files/1.csv", promised)

    assert lake.read("files/1.csv") is None


def test_a_removed_object_is_gone(lake: Lake) -> None:
    lake.write("a/b", b"1")
    lake.remove("a/b")
    assert lake.read("a/b") is None


def test_removing_a_missing_object_is_no_error(lake: Lake) -> None:
    lake.remove("a/b")
    assert keys(lake, "") == []
