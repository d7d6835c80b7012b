"""What every launcher promises, wherever it runs its jobs."""

import json
import logging
import os
import signal
import threading
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from emr_ml.lake.leases import Lease, LeaseFile
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import LaunchError, Outcome
from emr_ml_tests.launchers.stages import (
    LOG,
    Stage,
    aws_stage,
    kubernetes_stage,
    local_stage,
    spark_submit_stage,
)
from emr_ml_tests.s3a import needs_s3a
from emr_ml_tests.standalone import standalone_cluster
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.attempt import read_failure
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import job_key, lease_key, read_report

ODD = 'it\'s "odd": $(reboot) `id`; a\\b\n\tÄ 漢 🙂 %s {x} --conf spark.x=1 \x7f'

# a real process tree and Spark's S3 connector take minutes
REAL = [
    pytest.param(name, marks=pytest.mark.soak)
    for name in ("emr", "serverless", "eks", "spark-submit")
]
# what these share with EMR on EC2 need not be tested at each change
SERVERLESS, SUBMIT = "serverless, light", "spark-submit, light"
IN_SOAK = [pytest.param(name, marks=pytest.mark.soak) for name in ("eks, light", "pods, light")]
OTHERS_IN_SOAK = [pytest.param(name, marks=pytest.mark.soak) for name in (SERVERLESS, SUBMIT)]
everywhere = pytest.mark.parametrize(
    "stage", ["local", "emr, light", SERVERLESS, SUBMIT, *IN_SOAK, *REAL], indirect=True
)
in_soak_too = pytest.mark.parametrize(
    "stage", ["local", "emr, light", *OTHERS_IN_SOAK, *IN_SOAK, *REAL], indirect=True
)
lightly = pytest.mark.parametrize(
    "stage", ["local", "emr, light", *OTHERS_IN_SOAK, *IN_SOAK], indirect=True
)


DEPLOYMENTS = {"emr": "emr", "serverless": "emr-serverless", "eks": "emr-eks"}


@pytest.fixture(scope="module")
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Stage]:
    name, _, light = request.param.partition(", ")
    if name in DEPLOYMENTS or name == "local":
        request.getfixturevalue("spark" if name == "local" else "emulation")
    folder = tmp_path_factory.mktemp("stage")
    with ExitStack() as stack:
        yield _open_stage(name, folder, stack, is_light=bool(light))


def _open_stage(name: str, folder: Path, stack: ExitStack, *, is_light: bool) -> Stage:
    match name:
        case "local":
            return stack.enter_context(local_stage(folder))
        case "pods":
            return stack.enter_context(kubernetes_stage(folder))[0]
        case "spark-submit":
            real = None if is_light else standalone_cluster(folder / "cluster", {})
            return stack.enter_context(
                spark_submit_stage(folder, real and stack.enter_context(real))
            )
        case _:
            if not is_light:
                needs_s3a()
            spark = "light" if is_light else "real"
            return stack.enter_context(aws_stage(folder, spark, DEPLOYMENTS[name]))


def attempts(stage: Stage, work: VersionSpec) -> set[str]:
    """Return the attempts that have written anything to the lake."""
    folder = f"{work.asset}/{work.version}/attempts/"
    return {entry.key.removeprefix(folder).split("/")[0] for entry in stage.lake.list(folder)}


def wait_for(stage: Stage, work: VersionSpec, name: str, attempt: int = 1) -> None:
    """Wait until the attempt has written that file."""
    key = job_key(work.asset, work.version, attempt, name)
    wait_until(lambda: stage.lake.read(key), evidence=lambda: f"{key} did not appear")


def status(stage: Stage, work: VersionSpec) -> str:
    lease = LeaseFile(stage.lake, lease_key(work.asset, work.version)).read()
    return lease.status if lease else "nobody's"


def end(process: BaseProcess, how: signal.Signals) -> None:
    assert process.pid
    os.kill(process.pid, how)
    process.join(120)
    assert process.exitcode is not None, "the process is still running"


@everywhere
def test_a_missing_version_is_computed_once_and_recomputed_only_by_force(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    work = stage.work("success", says="hello")

    first = stage.launcher().launch(work, LOG)
    again = stage.launcher().launch(work, LOG)
    forced = stage.launcher().launch(replace(work, force=True), LOG)

    assert [(o.report.attempt, o.reused) for o in (first, again, forced)] == [
        (1, False),
        (1, True),
        (2, False),
    ]
    assert [file["name"] for file in first.report.files] == ["rows/part-0"]
    # the launcher logs the job's messages
    assert caplog.messages.count("asked for hello") == 2


@lightly
def test_a_user_mistake_is_reported_with_the_job_s_message(stage: Stage) -> None:
    work = stage.work("mistake", fails="by a mistake")

    with pytest.raises(
        (JobError, LaunchError), match="column 'age' is not there: correct the contra"
    ):
        stage.launcher().launch(work, LOG)

    failure = read_failure(stage.lake, work.asset, work.version, 1)
    assert failure and failure.by_user
    assert read_report(stage.lake, work.asset, work.version) is None
    assert (status(stage, work), attempts(stage, work)) == ("ended", {"1"})


@lightly
def test_a_job_that_crashes_fails_with_its_own_error(stage: Stage) -> None:
    work = stage.work("breakdown", fails="by itself")

    with pytest.raises(LaunchError, match=r"attempt 1 of conformance_job failed: the job broke do"):
        stage.launcher().launch(work, LOG)

    assert read_report(stage.lake, work.asset, work.version) is None
    assert (status(stage, work), attempts(stage, work)) == ("ended", {"1"})


@in_soak_too
def test_a_cancelled_launch_ends_its_attempt_and_the_next_launch_starts_a_new_one(
    stage: Stage,
) -> None:
    work = stage.work("cancel", seconds=300)
    process = stage.launch_elsewhere(work)
    wait_for(stage, work, "started.json")

    end(process, signal.SIGINT)

    assert status(stage, work) == "ended"
    assert read_report(stage.lake, work.asset, work.version) is None
    assert LeaseFile(stage.lake, lease_key(work.asset, work.version)).acquire("next")


@in_soak_too
def test_the_next_launch_continues_a_killed_one(stage: Stage) -> None:
    work = stage.work("kill", seconds=3)
    process = stage.launch_elsewhere(work)
    wait_for(stage, work, "started.json")
    end(process, signal.SIGKILL)

    outcome = stage.launcher().launch(work, LOG)

    # an attempt that outlives its process is adopted, one that died with it is retried
    expected = 1 if stage.steps_outlive_their_process else 2
    assert outcome.report.attempt == expected
    assert read_report(stage.lake, work.asset, work.version)


@lightly
def test_concurrent_launches_share_one_attempt(stage: Stage) -> None:
    work = stage.work("concurrency", seconds=1)
    outcomes: list[Outcome] = []
    askers = [
        threading.Thread(target=lambda: outcomes.append(stage.launcher().launch(work, LOG)))
        for _ in range(4)
    ]

    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert [outcome.report.attempt for outcome in outcomes] == [1] * 4
    assert sorted(outcome.reused for outcome in outcomes) == [False, True, True, True]


@lightly
def test_a_zombie_attempt_commits_nothing(stage: Stage) -> None:
    work = stage.work("zombie", until="superseded")
    process = stage.launch_elsewhere(work)
    wait_for(stage, work, "started.json")
    key = lease_key(work.asset, work.version)
    stored = stage.lake.read(key)
    assert stored
    # another launch took it for dead, started a new attempt, and gave up
    other = replace(Lease.of(stored), attempt=2, nonce="another", status="ended", location={})
    while not stage.lake.swap(key, as_json(other.as_json()), stored.etag):
        stored = stage.lake.read(key)
        assert stored
    stage.lake.write("superseded", b"")

    process.join(240)

    committed = read_report(stage.lake, work.asset, work.version)
    assert committed and committed.attempt == 3


@lightly
def test_a_big_report_and_odd_characters_arrive_unchanged(stage: Stage) -> None:
    figures = {"curve": [[number, number / 7] for number in range(50_000)], "odd": ODD}
    work = stage.work("big", figures=figures, says=ODD)

    outcome = stage.launcher().launch(work, LOG)

    assert outcome.report.figures == json.loads(json.dumps(figures))
    assert outcome.report.params["says"] == ODD


@lightly
def test_an_attempt_leaves_only_the_expected_files_in_the_lake(stage: Stage) -> None:
    work = stage.work("tidy", says="one line")

    stage.launcher().launch(work, LOG)

    folder = f"{work.asset}/{work.version}/"
    assert {entry.key.removeprefix(folder) for entry in stage.lake.list(folder)} == {
        "claim.json",
        "report.json",
        "attempts/1/_job/request.json",
        "attempts/1/_job/started.json",
        "attempts/1/rows/part-0",
    }
