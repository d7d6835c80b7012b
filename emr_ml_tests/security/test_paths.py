"""No name or key leads outside its folder, whatever it contains."""

import os
import stat
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.contract import parse_contract
from emr_ml.lake.snapshots import take_snapshot
from emr_ml.launchers.remote.shipping import pack_code
from emr_ml.sources.listing import SourceError, list_source
from emr_ml_tests.s3_server import S3
from spark_jobs.runtime.lake import FolderLake, Lake, open_lake
from spark_jobs.runtime.lake.base import InvalidKeyError

CONTRACT = parse_contract("columns: {a: numeric, b: numeric}", "a.yaml")
# what paths are made of, more often than chance would have it
HOSTILE = st.lists(
    st.sampled_from(["..", ".", "/", "\\", "\0", "\n", "a", "%2e%2e", "s3:", "~", "\u202e", " "]),
    max_size=8,
).map("".join)


@given(HOSTILE | st.text(max_size=20))
def test_a_key_stays_below_the_root_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, key: str
) -> None:
    lake = FolderLake(str(tmp_path_factory.getbasetemp() / "lake"))
    try:
        address = lake.uri(key)
    except InvalidKeyError:
        return
    assert os.path.normpath(address) == address
    assert address.startswith(f"{lake.root}/")


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "a/../../b", "..", "a/..", "a//b", "a\0b", "a/"]
)
def test_no_operation_accepts_an_invalid_key(lake: Lake, key: str) -> None:
    def write(key: str) -> str:
        return lake.write(key, b"1")

    for call in (lake.uri, lake.read, write):
        with pytest.raises(InvalidKeyError, match="is not a key of the lake"):
            call(key)


def test_a_listing_does_not_leave_the_root(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("x")
    lake = open_lake(str(tmp_path / "lake"))
    lake.write("a", b"1")

    with pytest.raises(InvalidKeyError):
        list(lake.list("../"))


@pytest.fixture(name="victim")
def fixture_victim(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "victim.txt"
    path.parent.mkdir()
    path.write_text("dear")
    return path


def test_a_write_replaces_a_link_and_not_its_target(folder_lake: Lake, victim: Path) -> None:
    folder_lake.write("a/b", b"1")
    planted = Path(folder_lake.root, "a", "linked.json")
    planted.symlink_to(victim)

    folder_lake.write("a/linked.json", b"2")

    assert victim.read_text() == "dear"
    assert planted.read_bytes() == b"2"


def test_a_swap_does_not_lock_the_target_of_a_link(folder_lake: Lake, victim: Path) -> None:
    etag = folder_lake.write("a/b.json", b"1")
    Path(folder_lake.root, "a", ".b.json.lock").symlink_to(victim)

    with pytest.raises(OSError, match="symbolic links"):
        folder_lake.swap("a/b.json", b"2", etag)

    assert victim.read_text() == "dear"


def test_removal_and_listing_do_not_follow_links(folder_lake: Lake, victim: Path) -> None:
    folder_lake.write("a/b", b"1")
    Path(folder_lake.root, "a", "folder").symlink_to(victim.parent)
    Path(folder_lake.root, "a", "file").symlink_to(victim)

    for entry in list(folder_lake.list("a/")):
        folder_lake.remove(entry.key)

    assert list(folder_lake.list("")) == []
    assert victim.read_text() == "dear"


def test_the_user_s_own_link_in_a_source_is_followed(tmp_path: Path, victim: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.csv").symlink_to(victim)

    assert [entry.name for entry in list_source(str(source))] == ["a.csv"]


def test_files_that_windows_and_macos_add_to_folders_are_hidden(tmp_path: Path) -> None:
    for name in ("a.csv", "Thumbs.db", "desktop.ini", ".DS_Store"):
        (tmp_path / name).write_text("x")

    assert [entry.name for entry in list_source(str(tmp_path))] == ["a.csv"]


def test_a_link_that_another_user_put_into_a_source_is_refused(
    tmp_path: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.csv").symlink_to(victim)
    if os.geteuid() == 0:
        os.lchown(source / "a.csv", 54321, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 54321)

    with pytest.raises(SourceError, match=r"a\.csv is a link that another user created"):
        list(list_source(str(source)))


@pytest.mark.parametrize("key", ["../up.csv", "a/../../up.csv", "/abs.csv", "a//b.csv"])
def test_an_object_whose_key_leads_out_of_the_prefix_is_not_a_source_file(
    s3: S3, folder_lake: Lake, key: str
) -> None:
    s3.put("data/good.csv")
    s3.put(f"data/{key}")

    files = take_snapshot(s3.uri("data"), folder_lake, "raw_csv_s3", CONTRACT).files

    assert [file.name for file in files] == ["good.csv"]


@pytest.mark.parametrize("name", ["a\\..\\b.csv", "line\nbreak.csv", "x.{a,b}.csv"])
def test_an_upload_is_named_by_its_content_whatever_the_file_is_called(
    tmp_path: Path, s3: S3, name: str
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / name).write_bytes(b"a,b\n1,2\n")
    lake = open_lake(s3.uri("lake"))

    (file,) = take_snapshot(str(source), lake, "raw_csv_s3", CONTRACT).files

    key = file.uri.removeprefix(f"{lake.root}/")
    assert PurePosixPath(key).parent == PurePosixPath("raw_csv_s3/files")
    assert PurePosixPath(key).name.startswith(file.content.removeprefix("sha256:"))
    assert lake.read(key)


def test_the_archive_for_nodes_contains_only_modules_of_the_project() -> None:
    with zipfile.ZipFile(BytesIO(pack_code())) as archive:
        entries = archive.infolist()

    assert all(stat.S_ISREG(entry.external_attr >> 16) for entry in entries)
    paths = [PurePosixPath(entry.filename) for entry in entries]
    assert {path.parts[0] for path in paths} == {"spark_jobs", "dagster_pipes"}
    assert not any(".." in path.parts or path.suffix != ".py" for path in paths)
