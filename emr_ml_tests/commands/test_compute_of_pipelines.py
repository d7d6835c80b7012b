"""`emr-ml compute` in a project whose pipelines run in different places."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from emr_ml.cli import main
from emr_ml_tests.components.project import Project

ON_EKS = "nothing of EMR on EKS is kept running"
ON_SPARK = "no driver runs on this machine"


@pytest.fixture(autouse=True)
def deployments(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.pipeline("churn", deployment="spark-submit")
    project.pipeline("fraud")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-eks")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    monkeypatch.setenv("EMR_ML_SPARK_SUBMIT__MASTER", "local[2]")
    monkeypatch.setenv("EMR_ML_SPARK_SUBMIT__FOLDER", str(tmp_path / "here"))


def test_what_runs_in_each_place_is_shown() -> None:
    shown = CliRunner().invoke(main, ["compute"])

    assert ON_EKS in shown.output
    assert ON_SPARK in shown.output
    assert shown.exit_code == 0


def test_a_mistake_in_one_place_does_not_hide_the_others(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pipeline("churn", deployment="emr-eks")
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "spark-submit")
    monkeypatch.setenv("EMR_ML_SPARK_SUBMIT__EXECUTORS", "0")

    shown = CliRunner().invoke(main, ["compute"])

    assert "executors: " in shown.output
    assert ON_EKS in shown.output
    assert shown.exit_code == 1


def test_a_broken_project_does_not_hide_what_the_settings_name(project: Project) -> None:
    project.pipeline("churn", deployment="nowhere")

    shown = CliRunner().invoke(main, ["compute"])

    assert "only the deployment emr-eks is shown" in shown.output
    assert ON_EKS in shown.output
