"""Webserver, daemon and code server on a real Postgres: each is killed while a run is under way."""

from collections.abc import Generator
from pathlib import Path

import pytest

from emr_ml.lake.champion import read_champion
from emr_ml_tests.deploy.postgres import a_postgres
from emr_ml_tests.deploy.processes import Deployment
from emr_ml_tests.s3_server import S3
from spark_jobs.runtime.lake import Lake

pytestmark = [pytest.mark.process, pytest.mark.soak]


@pytest.fixture(name="deployment")
def fixture_deployment(tmp_path: Path, s3: S3) -> Generator[Deployment]:
    with a_postgres() as postgres:
        deployment = Deployment(tmp_path, postgres, s3)
        try:
            deployment.start("postgres")
            deployment.migrate()
            deployment.start("code", "webserver", "daemon")
            deployment.until(deployment.is_up)
            yield deployment
        finally:
            deployment.stop()


def committed(lake: Lake, asset: str) -> list[str]:
    """The versions of an asset that are committed."""
    keys = [entry.key for entry in lake.list(f"{asset}/")]
    return [key.split("/")[1] for key in keys if key.endswith("/report.json")]


def attempts(lake: Lake, asset: str) -> set[str]:
    """The attempts at all versions of an asset that began to compute."""
    keys = [entry.key for entry in lake.list(f"{asset}/")]
    return {key.split("/attempts/")[1][0] for key in keys if key.endswith("/started.json")}


@pytest.mark.timeout(1800)
def test_whatever_is_killed_within_a_run_the_lake_becomes_complete_and_nothing_runs_twice(
    deployment: Deployment, s3: S3
) -> None:
    lake = deployment.lake
    deployment.launch()

    # a run that is under way needs neither of these, and waits for the database
    deployment.until(lambda: attempts(lake, "processed_dataset"))
    for name in ("webserver", "daemon", "postgres"):
        deployment.kill(name)
    deployment.start("postgres", "webserver", "daemon")

    # it ends with the container that it is in
    deployment.until(lambda: attempts(lake, "lr_model"))
    deployment.kill("code")
    deployment.start("code")

    deployment.until(deployment.is_up)
    deployment.until(lambda: deployment.runs()[0] == "SUCCESS")

    assert deployment.runs() == ["SUCCESS", "FAILURE"], "the run that was lost, and its retry"
    for asset in ("raw_csv_s3", "processed_dataset", "lr_model", "metrics"):
        assert len(committed(lake, asset)) == 1, asset
    champion = read_champion(lake)
    assert champion
    assert [champion.version] == committed(lake, "lr_model")
    assert attempts(lake, "processed_dataset") == {"1"}, "what was committed is not computed again"
    assert attempts(lake, "lr_model") == {"1", "2"}
    assert attempts(lake, "metrics") == {"1"}
    logs = s3.client.list_objects_v2(Bucket=s3.bucket, Prefix="dagster/storage/")
    assert logs["KeyCount"], "what the runs wrote is in S3"
