"""`emr-ml doctor` on one machine: of a broken set-up it names the one thing that is wrong."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from emr_ml.commands.doctor import doctor
from emr_ml.doctor import machine
from emr_ml.project import ROOT
from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.arranged import ArrangedAws, arranged_aws

LOCAL_CHECKS = [
    *("Java", "Python", "Spark", "settings", "definitions", "contract", "contract"),
    *("lake", "conditional writes"),
]


class Diagnosis(NamedTuple):
    names: list[str]
    bad: list[str]
    skipped: list[str]
    exit_code: int


def diagnosis() -> Diagnosis:
    # as in a new process: the definitions read the settings when they are imported
    sys.modules.pop("emr_ml.definitions", None)
    result = CliRunner().invoke(doctor)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    lines = [
        line for line in result.output.splitlines() if line.startswith(("good ", "bad ", "skip "))
    ]
    return Diagnosis(
        [line[6:26].strip() for line in lines],
        [line[6:] for line in lines if line.startswith("bad")],
        [" ".join(line[6:].split()) for line in lines if line.startswith("skip")],
        result.exit_code,
    )


def the_bad_one() -> str:
    """The only bad line: it must have a fix, and make the command fail."""
    found = diagnosis()
    assert len(found.bad) == 1, found
    assert ". Fix: " in found.bad[0]
    assert found.exit_code == 1
    return " ".join(found.bad[0].split())


@pytest.fixture(name="lake")
def fixture_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMR_ML_LAKE", str(tmp_path / "lake"))
    return tmp_path / "lake"


@pytest.fixture(name="store")
def fixture_store(
    emulation: None,  # noqa: ARG001 - what it sets up
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[ArrangedAws]:
    import boto3

    # moto's buckets outlive a test
    bucket = f"lake-{uuid.uuid4().hex}"
    with arranged_aws(tmp_path, monkeypatch) as aws:
        boto3.Session().client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        monkeypatch.setenv("EMR_ML_LAKE", f"s3://{bucket}/some/prefix")
        yield aws


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_good_set_up_is_good_in_every_line(lake: Path) -> None:
    assert diagnosis() == Diagnosis([*LOCAL_CHECKS, "disk"], [], [], 0)
    assert not lake.exists()


def test_a_lake_that_is_in_use_is_left_as_it_was(lake: Path) -> None:
    lake.mkdir()
    (lake / "kept").write_text("mine")

    assert diagnosis().exit_code == 0
    assert [path.name for path in lake.rglob("*")] == ["kept"]


def test_a_lake_in_a_bucket_is_probed_and_left_as_it_was(store: ArrangedAws) -> None:
    import boto3

    bucket = os.environ["EMR_ML_LAKE"].split("/")[2]
    assert diagnosis() == Diagnosis(LOCAL_CHECKS, [], [], 0)
    assert "Contents" not in boto3.Session().client("s3").list_objects_v2(Bucket=bucket)
    assert store.called("GetCallerIdentity") == []


def test_no_java(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not lake.exists()
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    said = the_bad_one()

    assert said.startswith("Java Spark needs Java 17 or 21, and there is none in JAVA_HOME or PATH")
    assert said.endswith("Fix: run `make setup`")


def test_a_java_of_another_release(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not lake.exists()
    java = executable(tmp_path / "old" / "bin" / "java", "#!/bin/sh\necho 'version \"11.0\"' >&2\n")
    monkeypatch.setenv("JAVA_HOME", str(java.parent.parent))

    assert f"Java Spark needs Java 17 or 21, but {java} is 11. Fix: " in the_bad_one()


def test_another_release_of_spark(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not lake.exists()
    monkeypatch.setattr(machine, "version", lambda _: "4.0.0")  # pyright: ignore[reportUnknownLambdaType]

    said = the_bad_one()

    assert said.startswith("Spark pyspark is 4.0.0, and emr-spark-8.1.0 has 4.1.1. Fix: ")


def test_a_python_that_is_too_old() -> None:
    found = machine.check_python((3, 9))

    assert not found.passed
    assert found.text == "3.9 is not supported"
    assert machine.check_python(sys.version_info[:2]).passed


def test_a_setting_that_can_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_FAST_POLL_SECONDS", "soon")

    assert the_bad_one().startswith("settings EMR_ML_FAST_POLL_SECONDS: ")


def test_a_deployment_that_needs_another_lake(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")

    said = the_bad_one()

    assert said.startswith("settings EMR_ML_LAKE: ")
    assert str(lake) in said


def test_a_contract_that_is_not_there(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not lake.exists()
    monkeypatch.setenv("EMR_ML_DATASET", str(tmp_path / "none.yaml"))

    assert f"contract there is no contract at {tmp_path}/none.yaml" in the_bad_one()


def test_a_contract_with_mistakes_is_one_line_with_all_of_them(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not lake.exists()
    path = tmp_path / "data.yaml"
    path.write_text("columns: {a: numerical, b: text}\ncolour: red\n")
    monkeypatch.setenv("EMR_ML_DATASET", str(path))

    said = the_bad_one()

    assert f"{path}:1:" in said
    assert f"{path}:2:" in said


def test_a_lake_in_the_place_of_a_file(lake: Path) -> None:
    lake.write_text("a file")

    assert the_bad_one().startswith(f"lake {lake} can't be used: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_lake_that_may_not_be_written_to(lake: Path) -> None:
    lake.mkdir(mode=0o555)

    assert f"lake {lake} can't be used: Permission denied" in the_bad_one()


def test_a_full_disk(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=300_000_000)
    monkeypatch.setattr("emr_ml.doctor.machine.shutil.disk_usage", lambda _: usage)  # pyright: ignore[reportUnknownLambdaType]

    said = the_bad_one()

    assert said.startswith("disk 0.3 GB are free at ")
    assert str(lake.parent) in said


@pytest.mark.usefixtures("store")
def test_a_bucket_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", "s3://nobodys-lake/prefix")

    said = the_bad_one()

    assert said.startswith("lake there is no bucket nobodys-lake. Fix: create it")
    assert "aws s3 mb s3://nobodys-lake" in said


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("if-none-match", "two writers create one object: it ignores `If-None-Match`"),
        ("if-match", "replace an object that another changed: it ignores `If-Match`"),
    ],
)
def test_a_store_that_does_not_honour_conditions(
    store: ArrangedAws, header: str, words: str
) -> None:
    store.world.ignored_headers = (header,)

    said = the_bad_one()

    assert said.startswith("conditional writes the lake lets ")
    assert words in said


@pytest.mark.usefixtures("store")
def test_a_store_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    said = the_bad_one()

    assert said.startswith("lake s3://lake-")
    assert "/some/prefix can't be used: no credentials were found. Fix: set AWS_PROFILE" in said


def test_an_expired_token_is_told_before_the_lake_repeats_its_calls(
    store: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emr_ml.aws.time_limits.DOCTOR", 0.2)
    store.world.faults.add(faults.expired_token("s3:*", seconds=1e9))

    assert "/some/prefix can't be used: the credentials have expired. Fix: get new" in the_bad_one()
    assert store.called("PutObject") == []


@pytest.mark.usefixtures("store")
def test_a_store_that_can_not_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    said = the_bad_one()

    assert "can't be used: AWS can't be reached" in said
    assert "AWS_ENDPOINT_URL" in said


def test_the_command_line_loads_without_what_takes_seconds() -> None:
    code = "import sys, emr_ml.cli; print({'boto3', 'pyspark', 'dagster'} & set(sys.modules))"

    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert said.stdout.strip() == "set()", said.stderr
