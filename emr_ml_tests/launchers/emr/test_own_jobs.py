"""Jobs of a user's own package on the emulated EMR."""

from dataclasses import replace
from pathlib import Path

import pytest

from emr_ml.lake.job_code import job_code
from emr_ml.launchers.base import LaunchError
from emr_ml_tests.launchers.emr.stage import LOG, Stage
from spark_jobs.runtime.report import attempt_key

HELPER = "TEXT = 'from the helper'\n"
JOB = """\
from logging import Logger

from wares.helper import TEXT


def run(spark, request, log: Logger):
    from spark_jobs.runtime.lake import open_lake

    output = request.output.removeprefix(request.lake + "/")
    open_lake(request.lake).write(output + "/text", TEXT.encode())
"""


@pytest.fixture(name="package")
def fixture_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "wares"
    package.mkdir()
    for name, text in {"__init__": "", "helper": HELPER, "job": JOB}.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    job_code.cache_clear()
    return package


def archives(stage: Stage) -> set[str]:
    return {entry.key for entry in stage.lake.list("code/") if entry.key.endswith("/job.zip")}


def test_the_job_and_its_helper_reach_the_node(stage: Stage, package: Path) -> None:
    del package
    work = replace(stage.work("wares"), module="wares.job")

    report = stage.launch(work).report

    stored = stage.lake.read(f"{attempt_key('wares', report.version, report.attempt)}/text")
    assert stored
    assert stored.body == b"from the helper"


def test_an_edit_of_the_helper_changes_the_archive_of_the_job_alone(
    stage: Stage, package: Path
) -> None:
    stage.launch(replace(stage.work("wares"), module="wares.job"))
    first = archives(stage)
    code = {entry.key for entry in stage.lake.list("code/")} - first

    (package / "helper.py").write_text(HELPER + "# edited\n")
    job_code.cache_clear()
    stage.launch(replace(stage.work("wares"), module="wares.job"))

    assert len(archives(stage) - first) == 1
    assert {entry.key for entry in stage.lake.list("code/")} - archives(stage) == code


def test_a_mistake_in_the_job_is_told_and_not_tried_again(stage: Stage, package: Path) -> None:
    (package / "job.py").write_text("x = 1\n")
    job_code.cache_clear()

    with pytest.raises(LaunchError, match=r"wares\.job has no function `run"):
        stage.launch(replace(stage.work("wares"), module="wares.job"))

    assert len(stage.aws.steps) == 1


def test_two_pipelines_share_a_cluster_and_not_their_versions(stage: Stage, package: Path) -> None:
    del package
    work = replace(stage.work("wares"), module="wares.job")
    launcher = stage.launcher()

    outcomes = [launcher.on(stage.lake.below(each)).launch(work, LOG) for each in ("a", "b")]

    assert [outcome.reused for outcome in outcomes] == [False, False]
    assert len(stage.aws.clusters) == 1
    assert [step.name.partition("/")[0] for step in stage.aws.steps] == ["a", "b"]
