"""A source file that changes after its snapshot is noticed."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import JobError, SourceFile
from spark_jobs.runtime.sources import SnapshotGuard

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from emr_ml_tests.s3_server import S3

BODY = b"a,b\n1,2\n"
OTHER = b"a,b\n9,9\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(BODY)
    return path


def source_file(path: Path) -> SourceFile:
    return SourceFile(path.name, str(path), path.stat().st_size, content_of(path), ("a", "b"))


def rewrite(path: Path) -> None:
    path.write_bytes(OTHER)


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(OTHER)
    # only the file itself differs, not its size or time
    stat = path.stat()
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"3,4\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def touch(path: Path) -> None:
    os.utime(path, ns=(0, 0))


def write_again(path: Path) -> None:
    path.unlink()
    path.write_bytes(BODY)


def leave(path: Path) -> None:
    assert path.exists()


CHANGED = "changed since the snapshot"
# what happens to a file, and the error
CHANGES: list[tuple[Callable[[Path], None], str]] = [
    (rewrite, CHANGED),
    (replace, CHANGED),
    (grow, CHANGED),
    (empty, CHANGED),
    (Path.unlink, "of the snapshot can't be read: No such file"),
]


def test_the_content_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "large"
    body = os.urandom((1 << 20) + 1)
    path.write_bytes(body)

    assert content_of(path) == f"sha256:{hashlib.sha256(body).hexdigest()}"


@pytest.mark.parametrize("harmless", [leave, touch, write_again])
def test_a_file_of_unchanged_content_passes(path: Path, harmless: Callable[[Path], None]) -> None:
    guard = SnapshotGuard([source_file(path)])
    guard.check_before()
    harmless(path)
    guard.check_after()


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_a_file_that_changed_before_it_was_read_is_named(
    path: Path, change: Callable[[Path], None], error: str
) -> None:
    guard = SnapshotGuard([source_file(path)])
    change(path)

    with pytest.raises(JobError, match=f"{path} {error}"):
        guard.check_before()


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_a_file_that_changed_while_it_was_read_is_named(
    path: Path, change: Callable[[Path], None], error: str
) -> None:
    guard = SnapshotGuard([source_file(path)])
    guard.check_before()
    change(path)

    with pytest.raises(JobError, match=f"{path} {error}"):
        guard.check_after()


def test_the_changed_one_of_several_files_is_named(path: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.csv"
    second.write_bytes(BODY)
    guard = SnapshotGuard([source_file(path), source_file(second)])
    guard.check_before()
    second.write_bytes(OTHER)

    with pytest.raises(JobError, match=f"{second} changed"):
        guard.check_after()


def object_in(s3: "S3", key: str) -> SourceFile:
    return SourceFile(key, s3.uri(key), len(BODY), f"etag:{s3.put(key, BODY)}", ("a", "b"))


@pytest.mark.parametrize("key", ["in/data.csv", "in/what? #1 + ü.csv"])
def test_an_unchanged_object_passes(s3: "S3", key: str) -> None:
    guard = SnapshotGuard([object_in(s3, key)])
    guard.check_before()
    guard.check_after()


def test_each_object_is_asked_for_once_before_and_once_after(
    s3: "S3", monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [object_in(s3, f"in/{number}.csv") for number in range(5)]
    clients: list[object] = []
    asked: list[str] = []

    def connect(*_: object, **__: object) -> "S3Client":
        clients.append(s3.client)
        return s3.client

    def ask(**_: object) -> None:
        asked.append("HEAD")

    monkeypatch.setattr(boto3, "client", connect)
    s3.client.meta.events.register("before-call.s3.HeadObject", ask)
    guard = SnapshotGuard(files)

    guard.check_before()
    assert (len(clients), len(asked)) == (1, 5)
    guard.check_after()
    assert (len(clients), len(asked)) == (2, 10)


def test_an_object_that_was_rewritten_before_it_was_read_is_named(s3: "S3") -> None:
    file = object_in(s3, "data.csv")
    s3.put("data.csv", OTHER)

    with pytest.raises(JobError, match=f"{file.uri} changed since the snapshot"):
        SnapshotGuard([file]).check_before()


def test_an_object_that_was_rewritten_while_it_was_read_is_named(s3: "S3") -> None:
    file = object_in(s3, "data.csv")
    guard = SnapshotGuard([file])
    guard.check_before()
    s3.put("data.csv", OTHER)

    with pytest.raises(JobError, match=f"{file.uri} changed since the snapshot"):
        guard.check_after()


def test_an_object_that_was_deleted_is_named(s3: "S3") -> None:
    file = object_in(s3, "data.csv")
    s3.client.delete_object(Bucket=s3.bucket, Key="data.csv")

    with pytest.raises(JobError, match=f"{file.uri} of the snapshot can't be read: 404"):
        SnapshotGuard([file]).check_before()


def test_the_lakes_own_copy_in_s3_is_not_compared(s3: "S3", path: Path) -> None:
    s3.put("lake/files/1.csv", BODY)
    copy = SourceFile("1.csv", s3.uri("lake/files/1.csv"), 8, content_of(path), ("a",))

    guard = SnapshotGuard([copy])
    guard.check_before()
    guard.check_after()
