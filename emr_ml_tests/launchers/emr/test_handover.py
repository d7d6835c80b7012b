"""Attempts of one run share a Spark application: one step, started once, and nothing twice."""

import os
import signal
import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from emr_ml.lake.job_code import job_code
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.emr import handover
from emr_ml_tests.emulator import faults
from emr_ml_tests.launchers import conformance_job
from emr_ml_tests.launchers.emr.elsewhere import Death
from emr_ml_tests.launchers.emr.stage import LOG, Aside, Stage, Staging
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.attempt import read_failure
from spark_jobs.runtime.handover import WAIT_SECONDS, Handover
from spark_jobs.runtime.report import job_key

RUN = "run-of-two-assets"


@pytest.fixture(autouse=True)
def own_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """A package whose job can be imported on the node, unlike a script of the conformance suite."""
    package = tmp_path / "wares"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "job.py").write_text(Path(conformance_job.__file__).read_text())
    monkeypatch.syspath_prepend(str(tmp_path))
    job_code.cache_clear()
    yield
    job_code.cache_clear()


def work_of(stage: Stage, run: str = RUN, **params: Any) -> VersionSpec:
    return replace(stage.work("wares", run=run, **params), module="wares.job")


def first_of_run(stage: Stage) -> VersionSpec:
    """The run's first attempt, after which its application waits for the next one."""
    work = work_of(stage)
    stage.launcher().expecting_more(True).launch(work, LOG)
    wait_until(lambda: state(stage) == "waiting")
    return work


def record(stage: Stage) -> Handover | None:
    for entry in stage.lake.list(handover.FOLDER):
        if stored := stage.lake.read(entry.key):
            return Handover.of(stored)
    return None


def state(stage: Stage) -> str:
    found = record(stage)
    return found.state if found else "none"


def test_attempts_of_a_run_are_one_step(stage: Stage) -> None:
    first = first_of_run(stage)
    second, third = work_of(stage), work_of(stage)

    outcomes = [
        stage.launcher().expecting_more(True).launch(second, LOG),
        stage.launcher().launch(third, LOG),
    ]

    assert [outcome.reused for outcome in outcomes] == [False, False]
    assert [stage.committed_attempt(each) for each in (first, second, third)] == [1, 1, 1]
    assert len(stage.aws.steps) == 1
    assert {outcome.metadata["step"] for outcome in outcomes} == {stage.aws.steps[0].id}


def test_the_end_of_the_run_ends_an_application_that_waits(stage: Stage) -> None:
    first = first_of_run(stage)
    assert stage.states(first) == ["RUNNING"]

    stage.launcher().finish(RUN, LOG, others_wait=True)

    wait_until(lambda: stage.states(first) == ["COMPLETED"])
    assert state(stage) == "closed"


def test_another_run_has_a_step_of_its_own(stage: Stage) -> None:
    first = first_of_run(stage)
    stage.launcher().finish(RUN, LOG, others_wait=True)

    other = work_of(stage, run="another")
    stage.launch(other)

    assert [len(stage.steps(each)) for each in (first, other)] == [1, 1]


def test_without_another_job_in_the_run_nothing_waits(stage: Stage) -> None:
    work = work_of(stage)

    stage.launch(work)

    wait_until(lambda: stage.states(work) == ["COMPLETED"])
    assert record(stage) is None


def test_a_job_that_fails_ends_the_application_and_the_next_has_a_step_of_its_own(
    stage: Stage,
) -> None:
    first_of_run(stage)

    with pytest.raises(LaunchError, match="the job broke down"):
        stage.launcher().expecting_more(True).launch(work_of(stage, fails="by itself"), LOG)

    later = work_of(stage)
    stage.launcher().expecting_more(True).launch(later, LOG)
    assert len(stage.steps(later)) == 1
    wait_until(lambda: state(stage) == "waiting")  # the run shares applications again


def test_the_last_attempt_of_a_run_ends_the_application(stage: Stage) -> None:
    first = first_of_run(stage)

    stage.launch(work_of(stage))

    wait_until(lambda: stage.states(first) == ["COMPLETED"])


def test_a_module_of_another_package_is_refused(stage: Stage) -> None:
    first_of_run(stage)
    (entry,) = stage.lake.list(handover.FOLDER)
    # as a step of another job might, which may write to the lake
    work = replace(stage.work("wares", run=RUN, arguments=["pass"]), module="wares.job")
    process = stage.launch_elsewhere(work, dies=Death("PutObject */handovers/*", "before"))
    process.join()
    stored = stage.lake.read(entry.key)
    assert stored
    request = f"{stage.lake.root}/{job_key('wares', work.version, 1, 'request.json')}"
    offered = replace(Handover.of(stored), state="offered", request=request, module="script:timeit")
    assert offered.write(stage.lake, entry.key, stored)

    wait_until(lambda: read_failure(stage.lake, "wares", work.version, 1) is not None)

    failure = read_failure(stage.lake, "wares", work.version, 1)
    assert failure
    assert "script:timeit, which is not of the package wares" in failure.message


def test_a_step_that_waits_behind_an_application_of_its_own_run_is_let_pass(stage: Stage) -> None:
    first, second = work_of(stage, until="go"), work_of(stage)
    launches = [Aside(stage, each, more=True) for each in (first, second)]
    for each in launches:
        each.start()
        wait_until(lambda: len(stage.aws.steps) == launches.index(each) + 1)  # noqa: B023 - at once

    stage.lake.write("go", b"")
    for each in launches:
        each.join(WAIT_SECONDS / 2)

    assert [stage.committed_attempt(each) for each in (first, second)] == [1, 1]


def test_an_application_that_has_ended_is_not_waited_for_long(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "OFFER_SECONDS", 1.0)
    first = first_of_run(stage)
    (step,) = stage.steps(first)
    stage.aws.client("emr").cancel_steps(ClusterId=stage.only_cluster().id, StepIds=[step.id])
    wait_until(lambda: stage.states(first) != ["RUNNING"])

    later = work_of(stage)
    stage.launch(later)

    assert stage.begun(later) == [1]
    assert len(stage.steps(later)) == 1
    assert state(stage) == "closed"


def test_an_attempt_that_is_lost_with_the_application_is_retried_on_a_new_step(
    staging: Staging,
) -> None:
    begun = threading.Event()
    stage = staging(faults.instance_failure(after=begun))
    first = first_of_run(stage)
    work = work_of(stage, seconds=8.0)

    def wait_for_start() -> None:
        wait_until(lambda: stage.begun(work))
        begun.set()

    waiting = threading.Thread(target=wait_for_start)
    waiting.start()
    outcome = stage.launch(work)
    waiting.join()

    assert outcome.report.attempt == stage.committed_attempt(work) == 2
    assert [len(stage.steps(each)) for each in (first, work)] == [1, 1]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_launcher_that_dies_at_its_offer_leaves_one_attempt(
    stage: Stage, when: Literal["before", "after"]
) -> None:
    first_of_run(stage)
    work = work_of(stage, seconds=1.0)
    dies = Death("PutObject */handovers/*", when)

    process = stage.launch_elsewhere(work, dies=dies)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    stage.launch(replace(work, run_id="the next run"))

    assert stage.begun(work) == [1]
    assert stage.committed_attempt(work) == 1


def test_a_cancelled_launch_ends_the_job_that_the_application_took(stage: Stage) -> None:
    first = first_of_run(stage)
    work = work_of(stage, until="never")
    process = stage.launch_elsewhere(work)
    wait_until(lambda: stage.begun(work) == [1])

    assert process.pid
    os.kill(process.pid, signal.SIGINT)
    process.join()

    wait_until(lambda: stage.states(first) == ["CANCELLED"])
    stage.lake.write("never", b"")
    stage.launch(replace(work, run_id="the next run"))
    assert stage.committed_attempt(work) == 2
