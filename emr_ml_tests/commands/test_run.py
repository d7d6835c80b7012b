"""`emr-ml run`, as a user starts it."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from emr_ml.cli import main
from emr_ml.lake.current import read_current
from emr_ml.project import ROOT
from emr_ml_tests.commands.runs import COMMAND, MARK, RunTrace, environment, run_with_secrets
from emr_ml_tests.graph import TOY_CONTRACT, Graph, metadata, toy_rows
from emr_ml_tests.lake.parted import flat
from emr_ml_tests.s3_server import S3
from emr_ml_tests.s3a import needs_s3a
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import read_report

pytestmark = pytest.mark.process

TRAINED = (
    *("raw_csv_s3", "processed_dataset", "lr_model", "metrics", "champion_metrics"),
    "exported_model",
)
SALES = ("raw_sales_csv_s3", "sales_by_seller")
TRAIN = """\
from emr_ml.project import load_project_definitions

job = load_project_definitions().resolve_job_def("training_job")
assert job.execute_in_process().success
"""
SCORING = ("raw_scoring_csv_s3", "predictions")
# the first champion is compared with nobody, so `champion_model` commits no report


def toy(folder: Path) -> dict[str, str]:
    (folder / "toy.csv").write_text("\n".join(["height,colour,kind", *toy_rows()]) + "\n")
    (folder / "toy.yaml").write_text(TOY_CONTRACT)
    return environment(
        folder, EMR_ML_SOURCE=str(folder / "toy.csv"), EMR_ML_DATASET=str(folder / "toy.yaml")
    )


def run(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "run"], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )


def reports(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in folder.glob("lake/*/*/report.json")]


@pytest.fixture(scope="module", name="sample")
def fixture_sample(tmp_path_factory: pytest.TempPathFactory) -> RunTrace:
    return run_with_secrets(tmp_path_factory.mktemp("sample"))


def test_the_sample_is_trained_on(sample: RunTrace) -> None:
    assert sample.exit_code == 0, sample.output
    assert "is green" in sample.output
    assert "champion           it passed all checks, and there was no champion" in sample.output
    accuracy = next(line for line in sample.output.splitlines() if line.startswith("accuracy"))
    assert float(accuracy.split()[1]) > 0.9
    assert sorted(report["asset"] for report in reports(sample.folder)) == sorted(
        TRAINED + SALES + SCORING
    )


def test_a_second_run_needs_no_java(sample: RunTrace) -> None:
    without_java = {**environment(sample.folder), "PATH": "", "JAVA_HOME": ""}

    second = run(without_java)

    assert second.returncode == 0, second.stderr
    assert [line.split()[1] for line in second.stdout.splitlines()[:11]] == ["reused"] * 11
    assert "champion           it is already the champion" in second.stdout


def test_no_argument_of_a_process_is_a_secret(sample: RunTrace) -> None:
    assert any(name.startswith("java ") for name in sample.arguments)
    assert not [name for name, arguments in sample.arguments.items() if MARK in arguments]


def test_no_file_of_the_lake_or_of_dagster_holds_a_secret(sample: RunTrace) -> None:
    assert sample.files_with("worst radius")  # what is stored is found
    assert sample.files_with(MARK) == []


def test_a_run_logs_no_secret(sample: RunTrace) -> None:
    assert MARK not in sample.output


def test_a_failed_run_exits_with_1_and_tells_all_causes_without_a_trace(tmp_path: Path) -> None:
    env = toy(tmp_path) | {"EMR_ML_SCORING_SOURCE": "/no/such/file.csv"}
    (tmp_path / "toy.csv").write_text("height,colour\n1,red\n")

    ran = run(env)

    assert ran.returncode == 1
    assert "raw_scoring_csv_s3 failed: there is nothing at /no/such/file.csv" in ran.stderr
    assert "raw_csv_s3 is refused by its check header_fits: toy.csv lacks 'kind'" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


def test_a_run_without_its_source_tells_the_cause_alone(tmp_path: Path) -> None:
    ran = run(toy(tmp_path) | {"EMR_ML_SOURCE": "/no/such/file.csv"})

    assert ran.returncode == 1
    assert "raw_csv_s3 failed: there is nothing at /no/such/file.csv" in ran.stdout
    assert "nothing was materialized" not in ran.stdout


def test_a_setting_that_can_not_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "moon")

    said = CliRunner().invoke(main, ["run"])

    assert said.exit_code == 1
    assert isinstance(said.exception, SystemExit)
    assert "EMR_ML_DEPLOYMENT: Input should be 'local'" in said.stderr


@pytest.mark.soak
def test_two_runs_at_once_with_a_kill_leave_one_committed_attempt_of_each(tmp_path: Path) -> None:
    env = toy(tmp_path)
    doomed = subprocess.Popen(
        [COMMAND, "run"], env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    survivor = subprocess.Popen(
        [COMMAND, "run"],
        env=env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_until(lambda: list(tmp_path.glob("lake/processed_dataset/*/claim.json")))
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()

    said, _ = survivor.communicate(timeout=300)

    assert survivor.returncode == 0, said
    assert sorted(report["asset"] for report in reports(tmp_path)) == sorted(TRAINED)
    for report in reports(tmp_path):
        current = json.loads((tmp_path / "lake" / report["asset"] / "current.json").read_text())
        assert current["version"] == report["version"]
        assert all(
            (Path(report["path"]) / file["name"]).is_file()
            for file in report["files"]
            if "uri" not in file
        )


@pytest.mark.soak
@pytest.mark.usefixtures("spark")
def test_source_and_lake_in_s3_give_what_folders_give(tmp_path: Path, s3: S3) -> None:
    needs_s3a()
    # both converge, so that they agree however their rows are partitioned
    graph = Graph(tmp_path).with_toy_data(f"{TOY_CONTRACT}  tolerance: 1.0e-12\n")
    on_folder = graph.report("metrics", metadata(graph.materialize(), "metrics")["version"])
    s3.put("data/with blank/toy.csv", (tmp_path / "toy.csv").read_bytes())
    s3.put("toy.yaml", (tmp_path / "toy.yaml").read_bytes())

    # in a process of its own, whose Spark is configured for S3
    said = subprocess.run(
        [sys.executable, "-c", TRAIN],
        env={
            **environment(tmp_path),
            "EMR_ML_SOURCE": s3.uri("data"),
            "EMR_ML_DATASET": s3.uri("toy.yaml"),
            "EMR_ML_LAKE": s3.uri("the/lake"),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    lake = open_lake(s3.uri("the/lake"))
    current = read_current(lake, "metrics")
    assert current
    on_s3 = read_report(lake, "metrics", current.version)
    assert on_s3
    assert flat(on_s3.figures) == pytest.approx(flat(on_folder.figures))
