"""A file that changes after its snapshot is found out."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import JobError, SourceFile
from spark_jobs.runtime.sources import Watch

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3

BODY = b"a,b\n1,2\n"
OTHER = b"a,b\n9,9\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(BODY)
    return path


def seen(path: Path) -> SourceFile:
    return SourceFile(path.name, str(path), path.stat().st_size, content_of(path), ("a", "b"))


def rewrite(path: Path) -> None:
    path.write_bytes(OTHER)


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(OTHER)
    # all but the file itself looks as it did
    stat = path.stat()
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"3,4\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


CHANGES = [rewrite, replace, grow, empty]


def test_the_content_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "large"
    body = os.urandom((1 << 20) + 1)
    path.write_bytes(body)
    assert content_of(path) == f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_a_file_that_stays_as_it_is_passes(path: Path) -> None:
    watch = Watch([seen(path)])
    watch.before()
    watch.after()


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changed_before_is_named(path: Path, change: Callable[[Path], None]) -> None:
    watch = Watch([seen(path)])
    change(path)
    with pytest.raises(JobError, match=f"{path} changed since the snapshot"):
        watch.before()


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changed_while_it_was_read_is_named(
    path: Path, change: Callable[[Path], None]
) -> None:
    watch = Watch([seen(path)])
    watch.before()
    change(path)
    with pytest.raises(JobError, match=f"{path} changed since the snapshot"):
        watch.after()


def test_a_file_that_was_only_touched_passes(path: Path) -> None:
    watch = Watch([seen(path)])
    watch.before()
    os.utime(path, ns=(0, 0))
    watch.after()


def test_a_file_that_was_written_again_with_equal_content_passes(path: Path) -> None:
    watch = Watch([seen(path)])
    watch.before()
    path.unlink()
    path.write_bytes(BODY)
    watch.after()


def test_a_file_that_was_deleted_before_is_named(path: Path) -> None:
    watch = Watch([seen(path)])
    path.unlink()
    with pytest.raises(JobError, match=f"{path} of the snapshot can't be read: No such file"):
        watch.before()


def test_a_file_that_was_deleted_while_it_was_read_is_named(path: Path) -> None:
    watch = Watch([seen(path)])
    watch.before()
    path.unlink()
    with pytest.raises(JobError, match=f"{path} of the snapshot can't be read: No such file"):
        watch.after()


def test_the_changed_one_of_several_files_is_named(path: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.csv"
    second.write_bytes(BODY)
    watch = Watch([seen(path), seen(second)])
    watch.before()
    second.write_bytes(OTHER)
    with pytest.raises(JobError, match=f"{second} changed"):
        watch.after()


def in_s3(s3: "S3", key: str) -> SourceFile:
    return SourceFile(key, s3.uri(key), len(BODY), f"etag:{s3.put(key, BODY)}", ("a", "b"))


@pytest.mark.parametrize("key", ["in/data.csv", "in/what? #1 + ü.csv"])
def test_an_object_that_stays_as_it_is_passes(s3: "S3", key: str) -> None:
    watch = Watch([in_s3(s3, key)])
    watch.before()
    watch.after()


def test_an_object_that_was_rewritten_before_is_named(s3: "S3") -> None:
    file = in_s3(s3, "data.csv")
    s3.put("data.csv", OTHER)
    with pytest.raises(JobError, match=f"{file.uri} changed since the snapshot"):
        Watch([file]).before()


def test_an_object_that_was_rewritten_while_it_was_read_is_named(s3: "S3") -> None:
    file = in_s3(s3, "data.csv")
    watch = Watch([file])
    watch.before()
    s3.put("data.csv", OTHER)
    with pytest.raises(JobError, match=f"{file.uri} changed since the snapshot"):
        watch.after()


def test_an_object_that_was_deleted_is_named(s3: "S3") -> None:
    file = in_s3(s3, "data.csv")
    s3.client.delete_object(Bucket=s3.bucket, Key="data.csv")
    with pytest.raises(JobError, match=f"{file.uri} of the snapshot can't be read: 404"):
        Watch([file]).before()


def test_the_copy_in_a_lake_in_s3_passes(s3: "S3", path: Path) -> None:
    s3.put("lake/files/1.csv", BODY)
    watch = Watch([SourceFile("1.csv", s3.uri("lake/files/1.csv"), 8, content_of(path), ("a",))])
    watch.before()
    watch.after()
