"""No secret reaches logs, metadata, arguments or the lake."""

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from emr_ml.launchers.local_spark import JAVA_OPTIONS, DataSize
from emr_ml.settings import ROOT, SettingsError, load_settings
from emr_ml_tests.graph import TOY_CONTRACT, toy_rows

COMMAND = str(Path(sys.executable).with_name("emr-ml"))
MARK = "recognisable"  # in each of the secrets, and nowhere else
SECRETS = {
    "AWS_ACCESS_KEY_ID": f"AKIA-{MARK}-1",
    "AWS_SECRET_ACCESS_KEY": f"{MARK}-2",
    "AWS_SESSION_TOKEN": f"{MARK}-3",
    "EMR_ML_ALERT_WEBHOOK": f"https://hooks.example/{MARK}-4",
}
SPARK_SECRETS = {
    "spark.hadoop.fs.s3a.secret.key": f"{MARK}-5",
    "spark.emr_ml.tests.presigned": f"https://b.example/k?X-Amz-Signature={MARK}-6",
}


@dataclass(frozen=True)
class RunTrace:
    """The output of a run, the arguments of all its processes, and the folder of its files."""

    exit_code: int
    output: str
    arguments: dict[str, str]
    folder: Path

    def files_with(self, mark: str) -> list[str]:
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return [path.name for path in paths if mark.encode() in path.read_bytes()]


def run(folder: Path, **spark_conf: str) -> RunTrace:
    """Run `emr-ml run` with secrets in its environment; `TMPDIR` is below the folder."""
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    (folder / "home" / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    (folder / "toy.csv").write_text("\n".join(["height,colour,kind", *toy_rows()]) + "\n")
    (folder / "toy.yaml").write_text(TOY_CONTRACT)
    conf = {
        "spark.driver.extraJavaOptions": JAVA_OPTIONS[DataSize.SMALL],
        **SPARK_SECRETS,
        **spark_conf,
    }
    given = {
        "DAGSTER_HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "EMR_ML_LAKE": str(folder / "lake"),
        "EMR_ML_SAMPLE_FOLDER": str(folder / "sample"),
        "EMR_ML_SOURCE": str(folder / "toy.csv"),
        "EMR_ML_DATASET": str(folder / "toy.yaml"),
        "EMR_ML_SPARK_CONF": json.dumps(conf),
    }
    said = folder / "said.txt"
    with said.open("w") as out:
        process = subprocess.Popen(
            [COMMAND, "run"],
            env={**os.environ, **SECRETS, **given},
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        arguments: dict[str, str] = {}
        while process.poll() is None:
            arguments.update(arguments_below(process.pid))
            time.sleep(0.1)
    return RunTrace(process.returncode, said.read_text(), arguments, folder)


def arguments_below(pid: int) -> Iterator[tuple[str, str]]:
    """Return the names and arguments of a process and its descendants, as all users see them."""
    try:
        started = psutil.Process(pid)
        for each in [started, *started.children(recursive=True)]:
            arguments = " ".join(each.cmdline())
            yield f"{each.name()} {arguments}", arguments
    except psutil.Error:
        # it has just ended
        return


@pytest.fixture(scope="module", name="green")
def fixture_green(tmp_path_factory: pytest.TempPathFactory) -> RunTrace:
    return run(tmp_path_factory.mktemp("green"))


@pytest.fixture(scope="module", name="failed")
def fixture_failed(tmp_path_factory: pytest.TempPathFactory) -> RunTrace:
    """A run whose Spark does not start, so that Java and Dagster report errors."""
    return run(tmp_path_factory.mktemp("failed"), **{"spark.driver.memory": "300m"})


@pytest.mark.process
def test_no_argument_of_a_process_is_a_secret(green: RunTrace) -> None:
    assert green.exit_code == 0, green.output
    assert any(name.startswith("java ") for name in green.arguments)
    assert not [name for name, arguments in green.arguments.items() if MARK in arguments]


@pytest.mark.process
def test_no_file_of_the_lake_or_of_dagster_holds_a_secret(green: RunTrace) -> None:
    assert green.files_with("height")  # what is stored is found
    assert green.files_with(MARK) == []


@pytest.mark.process
def test_a_run_logs_no_secret(green: RunTrace) -> None:
    assert "is green" in green.output
    assert MARK not in green.output


@pytest.mark.process
def test_a_run_that_fails_leaves_no_secret_either(failed: RunTrace) -> None:
    assert failed.exit_code == 1
    assert "Spark did not start" in failed.output
    assert "spark.hadoop.fs.s3a.secret.key" in failed.output
    assert MARK not in failed.output
    assert failed.files_with(MARK) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMR_ML_ALERT_WEBHOOK", f"ftp://hooks.example/{MARK}"),
        ("EMR_ML_SPARK_CONF", f'{{"spark.hadoop.fs.s3a.secret.key": ["{MARK}"]}}'),
        ("EMR_ML_SPARK_CONF", f'{{"spark.hadoop.fs.s3a.secret.key": "{MARK}"'),
    ],
)
def test_the_error_for_an_unusable_setting_does_not_show_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name) as caught:
        load_settings()

    assert MARK not in "".join(traceback.format_exception(caught.value))


def test_printed_settings_do_not_show_the_webhook_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_ALERT_WEBHOOK", f"https://hooks.example/{MARK}")
    settings = load_settings()

    assert (
        MARK not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    )
