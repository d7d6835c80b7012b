"""Whether a cluster ends with its run."""

import logging
from typing import TYPE_CHECKING

import pytest

from emr_ml_tests.emulator.world import Delays
from emr_ml_tests.waiting import PATIENCE_SECONDS, wait_until

if TYPE_CHECKING:
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

LOG = logging.getLogger("finish")
# at a speed of 6, a cluster is there after a true second
QUICK = Delays(start=3.0, bootstrap=3.0, step=1.0, terminate=3.0)


@pytest.mark.parametrize("transient", [{"idle_timeout_seconds": 60}, {"cluster_scope": "run"}])
def test_a_transient_cluster_ends_with_its_run(
    staging: "Staging", transient: dict[str, object]
) -> None:
    # slow enough that it is not the idle timeout that ends it
    stage: Stage = staging(settings=transient, speed=6.0, delays=QUICK)
    stage.launch(run="a-run")

    stage.launcher().finish("a-run", LOG, others_wait=False)

    cluster = stage.only_cluster()
    wait_until(lambda: not stage.aws.alive)
    assert cluster.reason["Code"] == "USER_REQUEST"


def test_a_cluster_that_nobody_asked_to_keep_warm_ends_unless_another_run_waits(
    staging: "Staging",
) -> None:
    stage: Stage = staging(settings={"idle_timeout_seconds": None}, speed=6.0, delays=QUICK)
    stage.launch(run="a-run")

    stage.launcher().finish("a-run", LOG, others_wait=True)
    assert stage.only_cluster().state in ("WAITING", "RUNNING")
    stage.launcher().finish("a-run", LOG, others_wait=False)

    wait_until(lambda: not stage.aws.alive)
    assert stage.only_cluster().reason["Code"] == "USER_REQUEST"


def test_a_cluster_that_is_to_stay_warm_stays(stage: "Stage") -> None:
    stage.launch(run="a-run")

    stage.launcher().finish("a-run", LOG, others_wait=False)

    assert stage.only_cluster().state in ("WAITING", "RUNNING")


def test_a_cluster_with_other_steps_is_left_running(
    staging: "Staging", monkeypatch: pytest.MonkeyPatch
) -> None:
    # seconds for the run's own last step to end, which it does long before that
    monkeypatch.setattr("emr_ml.launchers.emr.clusters.LAST_STEP_SECONDS", 3.0)
    # slow enough that it is still there for the other step
    stage: Stage = staging(settings={"idle_timeout_seconds": 60}, speed=6.0, delays=QUICK)
    stage.launch(run="a-run")
    other = stage.work(run="another", until="released")
    aside = stage.launch_aside(other)
    wait_until(lambda: "RUNNING" in stage.states(other))

    stage.launcher().finish("a-run", LOG, others_wait=False)
    stage.lake.write("released", b"")

    aside.join(PATIENCE_SECONDS)
    assert aside.outcome and aside.outcome.report.attempt == 1
    assert len(stage.aws.clusters) == 1


def test_nothing_is_ended_if_nothing_was_started(staging: "Staging") -> None:
    stage: Stage = staging(settings={"idle_timeout_seconds": 60})

    stage.launcher().finish("a-run", LOG, others_wait=False)

    assert stage.aws.clusters == []
