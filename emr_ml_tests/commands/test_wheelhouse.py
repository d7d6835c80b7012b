"""`emr-ml wheelhouse`, with a package of a few bytes instead of numpy."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emr_ml.commands.wheelhouse import wheelhouse
from emr_ml.launchers.emr.shipping.wheelhouse import wheelhouse_key
from emr_ml.launchers.remote import wheels
from emr_ml.launchers.remote.wheels import read_requirements
from emr_ml_tests.bootstrap.wheels import make_wheel, pin
from emr_ml_tests.s3_server import S3
from spark_jobs.runtime.lake import Lake, open_lake

TAGS = {
    ("3.11", "x86_64"): "cp311-cp311-manylinux_2_28_x86_64",
    ("3.11", "aarch64"): "cp311-cp311-manylinux_2_28_aarch64",
    ("3.13", "x86_64"): "cp313-cp313-manylinux2014_x86_64",
}


class Shop:
    """All there is to download, and what is required of it."""

    def __init__(self, folder: Path) -> None:
        self.requirements = folder / "bootstrap" / "requirements.txt"
        self.wheels = {
            platform: make_wheel(folder / "shop", tag=tag) for platform, tag in TAGS.items()
        }
        self.requirements.parent.mkdir()
        self.requirements.write_text(pin(*self.wheels.values()) + "\n")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop(tmp_path)
    monkeypatch.setattr(wheels, "BOOTSTRAP", shop.requirements.parent)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "shop"))
    return shop


@pytest.fixture
def lake(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("EMR_ML_LAKE", s3.uri("lake"))
    return open_lake(s3.uri("lake"))


def run(*args: str) -> Result:
    return CliRunner().invoke(wheelhouse, args)


def red(*args: str) -> str:
    """What is said instead of a trace."""
    done = run(*args)
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] and "Error: " in done.output
    return done.output


@pytest.mark.parametrize(("python", "arch"), TAGS)
def test_the_wheels_of_the_nodes_platform_are_uploaded(
    shop: Shop, lake: Lake, python: str, arch: str
) -> None:
    done = run("--python", python, "--arch", arch)
    assert done.exit_code == 0, done.output
    key = f"{wheelhouse_key(read_requirements())}/cp{python.replace('.', '')}-{arch}"
    wheel = shop.wheels[python, arch]
    assert [entry.key for entry in lake.list("")] == [f"{key}/{wheel.name}", f"{key}/wheels.json"]
    stored = lake.read(f"{key}/{wheel.name}")
    assert stored and stored.body == wheel.read_bytes()
    assert wheel.name in done.output
    assert lake.uri(key) in done.output


def test_python_3_11_on_x86_64_is_the_default(shop: Shop, lake: Lake) -> None:
    assert run().exit_code == 0
    names = [Path(entry.key).name for entry in lake.list("")]
    assert shop.wheels["3.11", "x86_64"].name in names


def test_a_second_time_nothing_is_downloaded(
    shop: Shop, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    before = [(entry.key, entry.size) for entry in lake.list("")]
    monkeypatch.setenv("PIP_FIND_LINKS", str(shop.requirements.parent))
    done = run()
    assert done.exit_code == 0
    assert "complete already" in done.output
    assert [(entry.key, entry.size) for entry in lake.list("")] == before


@pytest.mark.usefixtures("shop")
def test_an_upload_that_was_cut_off_is_completed(lake: Lake) -> None:
    run()
    complete = next(entry.key for entry in lake.list("") if entry.key.endswith("wheels.json"))
    lake.remove(complete)
    assert run().exit_code == 0
    assert lake.read(complete)


def test_changed_requirements_get_a_wheelhouse_of_their_own(shop: Shop, lake: Lake) -> None:
    run()
    shop.requirements.write_text(f"# changed\n{shop.requirements.read_text()}")
    assert run().exit_code == 0
    folders = {str(Path(entry.key).parent) for entry in lake.list("")}
    assert len(folders) == 2


def test_a_file_that_is_not_the_pinned_one_is_not_uploaded(shop: Shop, lake: Lake) -> None:
    wheel = shop.wheels["3.11", "x86_64"]
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    assert "serves another file than the pinned one" in red()
    assert list(lake.list("")) == []


@pytest.mark.usefixtures("shop", "lake")
def test_a_platform_without_a_wheel_is_told() -> None:
    assert "the index has no such wheel" in red("--python", "3.12")


@pytest.mark.usefixtures("shop", "lake")
def test_an_index_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PIP_NO_INDEX": "",
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert "the package index can't be reached" in red()


@pytest.mark.usefixtures("shop")
def test_a_lake_that_nodes_cannot_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", str(tmp_path))
    assert "set EMR_ML_LAKE to an s3:// address" in red()


@pytest.mark.usefixtures("shop", "s3")
def test_a_bucket_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", "s3://there-is-no-such-bucket/lake")
    assert "the lake s3://there-is-no-such-bucket/lake can't be written to" in red()


def test_a_setting_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "moon")
    assert "EMR_ML_DEPLOYMENT" in red()
