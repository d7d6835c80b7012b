"""The archive of Python packages: what is in it, and when it is built."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from emr_ml.launchers.remote import packages
from emr_ml.launchers.remote.packages import merge, packages_key, planned_archive
from emr_ml.launchers.remote.shipping import PackagesError
from emr_ml.launchers.remote.wheels import Platform, WheelsError
from emr_ml.launchers.serverless.config import ServerlessConfig
from emr_ml_tests.launchers.remote.examples import JOB_ROLE
from spark_jobs.runtime.lake import open_lake

X86 = ServerlessConfig(execution_role=JOB_ROLE)
ARM = ServerlessConfig(execution_role=JOB_ROLE, architecture="ARM64")


def a_wheel(folder: Path, name: str, files: Mapping[str, str]) -> Path:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
    return path


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[Platform]:
    """Replaces the package index by one wheel, and returns the platforms that are asked for."""
    asked: list[Platform] = []

    def download(_: bytes, platform: Platform, folder: Path) -> list[Path]:
        asked.append(platform)
        return [a_wheel(folder, "one", {"one/__init__.py": "NAME = 1\n"})]

    monkeypatch.setattr(packages, "download", download)
    monkeypatch.setattr(packages, "_uploaded", set[str]())
    return asked


def test_wheels_are_merged_as_pip_would_install_them_into_a_folder(tmp_path: Path) -> None:
    one = a_wheel(tmp_path, "one", {"one/a.py": "", "one-1.0.data/purelib/late.py": "LATE = 1\n"})
    two = a_wheel(tmp_path, "two", {"two.py": "", "two-1.0.data/scripts/two": "#!python\n"})

    merge([one, two], tmp_path / "all.zip")

    with zipfile.ZipFile(tmp_path / "all.zip") as merged:
        assert merged.namelist() == ["one/a.py", "late.py", "two.py"]
        assert merged.read("late.py") == b"LATE = 1\n"


def test_equal_wheels_give_equal_archives(tmp_path: Path) -> None:
    wheel = a_wheel(tmp_path, "one", {"one.py": "NAME = 1\n"})

    merge([wheel], tmp_path / "a.zip")
    merge([wheel], tmp_path / "b.zip")

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_archive_is_built_once_for_the_release_s_python_and_each_architecture(
    tmp_path: Path, downloads: list[Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = open_lake(str(tmp_path))

    addresses = [packages.upload_archive(lake, config) for config in (X86, X86, ARM)]
    # as another process, which knows of no upload
    monkeypatch.setattr(packages, "_uploaded", set[str]())
    packages.upload_archive(lake, X86)

    assert downloads == [Platform("3.11", "x86_64"), Platform("3.11", "aarch64")]
    assert addresses[0] == addresses[1] != addresses[2]
    assert addresses[0] == planned_archive(lake.root, X86)
    assert Path(addresses[0]).is_file()


def test_an_image_needs_no_archive(tmp_path: Path, downloads: list[Platform]) -> None:
    config = ServerlessConfig(execution_role=JOB_ROLE, image="an-image", packages="image")

    assert packages.upload_archive(open_lake(str(tmp_path)), config) == ""
    assert planned_archive("s3://bucket/lake", config) == packages_key(config) == ""
    assert downloads == []


def test_wheels_that_can_t_be_had_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(*_: object) -> list[Path]:
        raise WheelsError("no route to the index")

    monkeypatch.setattr(packages, "download", download)

    with pytest.raises(PackagesError, match="can't be downloaded: no route to the index: this is"):
        packages.upload_archive(open_lake(str(tmp_path)), X86)
