"""An emulated AWS on loopback: our EMR and price list, and moto for the rest."""

import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import boto3
import pytest
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from emr_ml_tests.emulator.application import Application
from emr_ml_tests.emulator.clock import Clock
from emr_ml_tests.emulator.cloudformation import complete_moto
from emr_ml_tests.emulator.clusters import OVER, Cluster
from emr_ml_tests.emulator.eks import Eks
from emr_ml_tests.emulator.emr import Emr
from emr_ml_tests.emulator.faults import Fault, Faults
from emr_ml_tests.emulator.prices import PriceList, usual_prices
from emr_ml_tests.emulator.record import Record
from emr_ml_tests.emulator.serverless import Serverless
from emr_ml_tests.emulator.spark_home import s3a_jars
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.emulator.surroundings import create_default_roles, empty_account, set_up_bucket
from emr_ml_tests.emulator.timeline import timeline
from emr_ml_tests.emulator.world import LAUNCHER, OBSERVER, REGION, Delays, World
from emr_ml_tests.s3_server import S3

complete_moto()


@dataclass(frozen=True)
class Emulator:
    """A running server, and queries for tests."""

    world: World
    calls: Record
    emr: Emr
    serverless: Serverless
    eks: Eks

    @property
    def url(self) -> str:
        return self.world.url

    @property
    def faults(self) -> Faults:
        return self.world.faults

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def clusters(self) -> list[Cluster]:
        """All clusters, oldest first."""
        return list(self.emr.clusters)

    @property
    def alive(self) -> list[Cluster]:
        return [cluster for cluster in self.clusters if cluster.state not in OVER]

    @property
    def steps(self) -> list[Step]:
        """All steps of all clusters, oldest first."""
        steps = [step for cluster in self.clusters for step in cluster.steps]
        return sorted(steps, key=lambda step: step.created)

    def environment(self) -> dict[str, str]:
        """Environment variables with which boto3, and so the product, uses this server."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": LAUNCHER,
            "AWS_SECRET_ACCESS_KEY": LAUNCHER,
            # none of the user's own configuration
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, key: str = OBSERVER, *, retries: bool = True) -> Any:
        """Return a boto3 client without faults and quotas; with the key `launcher`, they apply."""
        return self.world.client(service, key, retries=retries)

    def bucket(self, name: str) -> S3:
        client = self.client("s3")
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        set_up_bucket(client, name)
        return S3(name, client)

    def states(self, subject: str) -> list[str]:
        """The states that a cluster, step, application or job run has been in, in their order."""
        with self.world.changed:
            seen = [one.what.split()[0] for one in self.world.events if one.subject == subject]
        return list(dict.fromkeys(seen))

    def timeline(self) -> str:
        return timeline(self.world)

    def billed_seconds(self) -> float:
        """Instance-seconds of all clusters."""
        return sum(cluster.billed_seconds for cluster in self.clusters)


@contextmanager
def serve(
    folder: Path,
    *,
    speed: float = 60.0,
    spark: Literal["real", "light"] = "light",
    quotas: bool = True,
    faults: Iterable[Fault] = (),
    delays: Delays | None = None,
    max_nodes: int = 3,
    prices: PriceList | Literal["usual"] | None = "usual",
    strict_roles: bool = True,
    strict_subnets: bool = True,
    default_roles: bool = True,
    record_file: Path | None = None,
    port: int = 0,
) -> Generator[Emulator]:
    """The server, on a free port, until the block ends and all it started is ended too.

    Args:
        folder: where nodes get their sandboxes.
        speed: emulated seconds in a true one; steps themselves run in true time.
        spark: `light` nodes run jobs in plain Python with a stand-in for a Spark session.
        max_nodes: of each cluster, so many nodes are real sandboxes; the others are only listed.
        prices: those of a few types; with None, nobody may ask for prices.
        default_roles: those of EMR are there; without them, the account is an empty one.
    """
    if spark == "real":
        s3a_jars()  # they may be missing, and take seconds: better said now than at a step
    clock = Clock(speed)
    plan = Faults(clock.now, faults)
    world = World(
        folder.absolute(), clock, plan, delays or Delays(), spark, max_nodes,
        strict_roles, strict_subnets, usual_prices() if prices == "usual" else prices,
    )  # fmt: skip
    record = Record(record_file)
    application = Application(world, record, quotas=quotas)

    class Handler(MotoRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((timestamp or time.time()) + world.ahead)

    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=Handler)
    world.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="aws", daemon=True)
    thread.start()
    emulator = Emulator(world, record, application.emr, application.serverless, application.eks)
    try:
        if default_roles:
            create_default_roles(world)
        else:
            empty_account()
        yield emulator
    finally:
        world.closing.set()
        with world.changed:
            world.changed.notify_all()
        for service in (application.emr, application.serverless, application.eks):
            service.close()
        for task in (*emulator.steps, *emulator.serverless.job_runs, *emulator.eks.job_runs):
            if task.program:
                task.program.end()
        server.shutdown()
        thread.join()
        server.server_close()
        world.close_clients()


@contextmanager
def serve_as_mine(
    folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> Generator[Emulator]:
    """The server, as the AWS of this process: `serve` explains the options."""
    with serve(folder, **options) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        # the default session remembers the credentials of an earlier test
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        yield emulator
