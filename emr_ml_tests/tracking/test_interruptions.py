"""Outages, processes at the same time and lost leases: a real MLflow server is caught up with."""

import base64
import json
import threading

import pytest

from emr_ml.tracking.content import STATE, VERSION
from emr_ml.tracking.server import Server, TrackingError, connect
from emr_ml.tracking.sync import LEASE, SyncResult, sync
from emr_ml_tests.tracking.mlflow_server import Fate, answered, refused
from emr_ml_tests.tracking.models import choose, export, measure, train, version
from emr_ml_tests.tracking.shown import LOG, SECONDS, Shown
from spark_jobs.runtime.lake import Lake

CUTS = [
    ("POST", "runs/create"),
    ("POST", "logged-models"),
    ("PUT", "artifacts/MLmodel"),
    ("POST", "outputs"),
    ("POST", "log-batch"),
    ("POST", "runs/set-tag"),
    ("POST", "model-versions/create"),
    ("POST", "registered-models/alias"),
]


@pytest.mark.parametrize(("method", "path"), CUTS, ids=[path for _, path in CUTS])
def test_a_server_that_dies_at_any_moment_is_caught_up_with(
    shown: Shown, method: str, path: str
) -> None:
    """The request arrives, its answer is lost, and all that follow are refused."""
    train(shown.lake, 1)
    measure(shown.lake, 1)
    choose(shown.lake, 1)
    dead: list[str] = []

    def fate(asked: str, where: str) -> Fate:
        if dead:
            return "refused"
        if (asked, path in where) == (method, True):
            dead.append(where)
            return "answer lost"
        return "answered"

    shown.proxy.fate = fate
    with pytest.raises(TrackingError, match="catches up"):
        shown.sync()
    assert dead

    shown.proxy.fate = answered
    shown.sync()

    run = shown.run()
    assert (run.info.status, run.data.metrics["accuracy"]) == ("FINISHED", 0.9)
    assert json.loads(run.data.tags[STATE])
    assert run.outputs
    assert len(shown.models()) == len(run.outputs.model_outputs) == 1
    assert (shown.champion(), shown.versions()) == (version(1), [version(1)])
    assert shown.sync() == SyncResult()


def test_processes_at_the_same_time_create_each_run_once(shown: Shown) -> None:
    for number in (1, 2):
        train(shown.lake, number)
    choose(shown.lake, 2)
    threads = [threading.Thread(target=shown.sync) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [run.data.tags[VERSION] for run in shown.runs()] == [version(1), version(2)]
    assert len(shown.models()) == 2
    assert shown.versions() == [version(2)]


def test_of_runs_that_a_suspended_process_created_again_one_stays(shown: Shown) -> None:
    train(shown.lake, 1)
    shown.sync()
    first = shown.run()
    again = shown.server.client.create_run(first.info.experiment_id, tags={VERSION: version(1)})

    shown.sync()

    assert shown.run().info.run_id == min(first.info.run_id, again.info.run_id)
    assert shown.run().info.status == "FINISHED"


def test_a_process_whose_lease_was_taken_over_creates_nothing(shown: Shown) -> None:
    train(shown.lake, 1)

    def take_over(lake: Lake, of: str) -> dict[str, bytes]:
        stored = lake.read(LEASE)
        assert stored
        lake.write_json(LEASE, {**stored.json(), "nonce": "another"})
        return export(lake, of)

    train(shown.lake, 2)
    with pytest.raises(TrackingError, match="another process"):
        shown.sync(export=take_over)

    assert len(shown.runs()) == 1


def test_it_gives_up_when_its_time_is_over(shown: Shown) -> None:
    train(shown.lake, 1)
    server = Server(shown.server.client, shown.server.address, deadline=0.0)

    with pytest.raises(TrackingError, match="it took too long: the next `emr-ml mlflow sync`"):
        sync(shown.pipeline, server, LOG)


def test_a_password_is_sent_and_never_shown(shown: Shown, caplog: pytest.LogCaptureFixture) -> None:
    shown.proxy.fate = refused
    train(shown.lake, 1)
    place = shown.proxy.address.removeprefix("http://")

    with pytest.raises(TrackingError) as caught:
        sync(shown.pipeline, connect(f"http://ada:s%40fe@{place}", SECONDS), LOG)

    assert shown.proxy.logins == {f"Basic {base64.b64encode(b'ada:s@fe').decode()}"}
    assert place in str(caught.value)
    for secret in ("s%40fe", "s@fe"):
        assert secret not in f"{caught.value}{caplog.text}"
