"""Whether a cluster ends with its run."""

import logging
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from emr_ml.executor import executor_for
from emr_ml.settings import load_settings
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
    wait_until(lambda: not stage.aws.alive, 30)
    assert cluster.reason["Code"] == "USER_REQUEST"


def test_a_cluster_that_nobody_asked_to_keep_warm_ends_unless_another_run_waits(
    staging: "Staging",
) -> None:
    stage: Stage = staging(settings={"idle_timeout_seconds": None}, speed=6.0, delays=QUICK)
    stage.launch(run="a-run")

    stage.launcher().finish("a-run", LOG, others_wait=True)
    assert stage.only_cluster().state in ("WAITING", "RUNNING")
    stage.launcher().finish("a-run", LOG, others_wait=False)

    wait_until(lambda: not stage.aws.alive, 30)


def test_a_cluster_that_is_to_stay_warm_stays(stage: "Stage") -> None:
    stage.launch(run="a-run")

    stage.launcher().finish("a-run", LOG, others_wait=False)

    assert stage.only_cluster().state in ("WAITING", "RUNNING")


def test_a_cluster_with_other_steps_is_left_running(staging: "Staging") -> None:
    stage: Stage = staging(settings={"idle_timeout_seconds": 60})
    stage.launch(run="a-run")
    other = stage.work(run="another", until="released")
    aside = stage.launch_aside(other)
    wait_until(lambda: "RUNNING" in stage.states(other))

    stage.launcher().finish("a-run", LOG, others_wait=False)
    stage.lake.write("released", b"")

    aside.join(PATIENCE_SECONDS)
    assert aside.outcome and aside.outcome.report.attempt == 1


def test_nothing_is_ended_if_nothing_was_started(staging: "Staging") -> None:
    stage: Stage = staging(settings={"idle_timeout_seconds": 60})

    stage.launcher().finish("a-run", LOG, others_wait=False)

    assert stage.aws.clusters == []


FIELDS = "EMR_ML_CLUSTER__"


@dg.op
def nothing() -> None:
    """A step without a job of Spark."""


def job_of_the_deployment() -> dg.JobDefinition:
    """Return a job as Dagster's processes load it, with the executor of this environment."""
    executor = executor_for([load_settings()], "")
    return dg.GraphDefinition("empty", node_defs=[nothing]).to_job(executor_def=executor)


@pytest.fixture
def deployed(staging: "Staging", monkeypatch: pytest.MonkeyPatch) -> "Stage":
    stage = staging(settings={"idle_timeout_seconds": None}, speed=6.0, delays=QUICK)
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    monkeypatch.setenv("EMR_ML_LAKE", stage.settings.lake)
    monkeypatch.setenv(f"{FIELDS}TASK", "{on_demand: 0, spot: 0}")
    monkeypatch.setenv(f"{FIELDS}OVERRIDES", "{BootstrapActions: null}")
    return stage


def run(instance: dg.DagsterInstance) -> bool:
    with dg.execute_job(dg.reconstructable(job_of_the_deployment), instance) as result:
        return result.success


def test_a_run_ends_its_cluster_unless_another_run_waits(deployed: "Stage") -> None:
    deployed.launch()
    with dg.instance_for_test() as instance:
        waiting = instance.create_run_for_job(
            job_of_the_deployment(), status=dg.DagsterRunStatus.STARTED
        )
        assert run(instance)
        assert deployed.only_cluster().state in ("WAITING", "RUNNING")

        instance.delete_run(waiting.run_id)
        assert run(instance)

    wait_until(lambda: not deployed.aws.alive, 30)
    assert deployed.only_cluster().reason["Code"] == "USER_REQUEST"
