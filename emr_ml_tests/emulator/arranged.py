"""An AWS as a test arranges it: clusters without nodes, prices, refusals, and made-up answers."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.examples import a_cluster, a_serverless_run, a_step, an_application
from emr_ml_tests.emulator.fleets import Instance, Market
from emr_ml_tests.emulator.job_runs import JobRun
from emr_ml_tests.emulator.prices import PriceList, SpotPrice
from emr_ml_tests.emulator.server import Emulator, serve_as_mine
from emr_ml_tests.emulator.serverless_application import Application
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.emulator.world import LAUNCHER, Answer

# short pages, so that nobody reads the first one only
PAGE = 2


class ArrangedAws:
    """An emulator on which nothing happens by itself."""

    def __init__(self, emulator: Emulator, prices: PriceList) -> None:
        self._emulator, self.prices = emulator, prices
        self.world, self.clusters = emulator.world, emulator.emr.clusters

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Operation and parameters of each call of the product or of the test."""
        calls = [call for call in self._emulator.calls if call.caller == LAUNCHER]
        return [(call.operation, call.parameters) for call in calls]

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.calls if name == operation]

    def refuse(
        self,
        operation: str,
        code: str,
        status: int = 400,
        message: str = "refused by the test",
        times: int | None = None,
    ) -> None:
        """Answer the next calls of an operation, or all of them, with an error."""
        self._emulator.faults.add(faults.refuse(operation, code, status, message, times))

    def refuse_nothing(self) -> None:
        self._emulator.faults.clear()

    def before(self, operation: str, callback: Callable[[], object]) -> None:
        """Run a callback just before the next call of an operation."""
        self._emulator.faults.add(faults.before_call(operation, callback))

    def answer(self, operation: str, answer: Answer | dict[str, Any] | str) -> None:
        """Answer an operation with JSON, with XML as text, or with what its parameters give."""
        self.world.answers[operation] = answer if callable(answer) else lambda _: answer

    def state(self, cluster_id: str) -> str:
        return self._cluster(cluster_id).state

    def forget(self, cluster_id: str) -> None:
        self.clusters.remove(self._cluster(cluster_id))

    def add_cluster(
        self,
        cluster_id: str,
        name: str,
        state: str,
        since: datetime | None = None,
        *,
        run: str = "",
        protected: bool = False,
        concurrency: int = 1,
    ) -> None:
        """A cluster that was started at `since`, three hours ago by default."""
        request = a_cluster("logs", Name=name, StepConcurrencyLevel=concurrency)
        request["Tags"] = [{"Key": "run", "Value": run}] if run else []
        request["Instances"]["TerminationProtected"] = protected
        created = (since or datetime.now(UTC) - timedelta(hours=3)).timestamp()
        cluster = self._emulator.emr.put(request, cluster_id, state)
        cluster.created, cluster.ready = created, created + 300

    def add_step(
        self,
        cluster_id: str,
        name: str,
        state: str,
        *,
        started: datetime | None = None,
        ended: datetime | None = None,
        limit: int = 21600,
        command: Sequence[str] = (),
    ) -> None:
        """A step, newer than those before it; its command has the time limit, unless given."""
        usual = ("env", "timeout", "--kill-after=60", str(limit), "spark-submit")
        step = Step(cluster_id, a_step(name, *(command or usual)), 0.0, "", state=state)
        step.started = started.timestamp() if started else None
        step.ended = ended.timestamp() if ended else None
        self._cluster(cluster_id).steps.append(step)

    def add_instance(
        self,
        cluster_id: str,
        since: datetime | None,
        until: datetime | None = None,
        *,
        market: Market = "ON_DEMAND",
        fleet: str = "CORE",
        instance_type: str = "m5.xlarge",
    ) -> None:
        """An instance; one without a beginning is being waited for."""
        created = since.timestamp() if since else None
        instance = Instance(fleet, instance_type, market, f"if-{fleet}", created, ready=created)
        instance.ended = until.timestamp() if until else None
        self._cluster(cluster_id).instances.append(instance)

    def add_application(
        self, name: str, state: str = "STARTED", since: datetime | None = None, **more: Any
    ) -> Application:
        """An application that was created at `since`, three hours ago by default."""
        added = self._emulator.serverless.put(an_application(name=name, **more), state)
        added.created = (since or datetime.now(UTC) - timedelta(hours=3)).timestamp()
        return added

    def add_job_run(
        self,
        application: Application,
        name: str,
        state: str,
        *,
        started: datetime | None = None,
        ended: datetime | None = None,
        **more: Any,
    ) -> JobRun:
        """A job run, newer than those before it."""
        request = a_serverless_run(application.id, "logs", "s3://logs/job.py", name=name, **more)
        job = self._emulator.serverless.put_job(application, request, state)
        job.started = started.timestamp() if started else None
        job.ended = ended.timestamp() if ended else None
        if job.started and job.ended:
            job.worked = [job.ended - job.started]
        return job

    def add_type(self, instance_type: str, fee: str, usd: str, **more: str) -> None:
        self.prices.add_type(instance_type, fee, usd, **more)

    def add_spot(self, instance_type: str, zone: str, usd: str, since: datetime) -> None:
        self.prices.spot.append(SpotPrice(instance_type, zone, usd, since))

    def _cluster(self, cluster_id: str) -> Cluster:
        return next(cluster for cluster in self.clusters if cluster.id == cluster_id)


@contextmanager
def arranged_aws(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ArrangedAws]:
    """An AWS with EMR's default roles and nothing else, as this process's until the block ends."""
    prices = PriceList(page=PAGE)
    options = {"speed": 1.0, "quotas": False, "prices": prices}
    with serve_as_mine(folder, monkeypatch, **options) as emulator:
        emulator.world.page = PAGE
        yield ArrangedAws(emulator, prices)
