"""The policy of the launcher allows what it does on EMR Serverless, and nothing else."""

import json
import re
import signal
from collections.abc import Generator
from fnmatch import fnmatchcase

import pytest
from click.testing import CliRunner

from emr_ml.cli import main
from emr_ml.contract import load_contract
from emr_ml.lake.snapshots import take_snapshot
from emr_ml.project import ROOT
from emr_ml_tests.emulator.account import granted
from emr_ml_tests.emulator.surroundings import RUNTIME_ROLE
from emr_ml_tests.graph import SALES_CONTRACT
from emr_ml_tests.launchers.emr.elsewhere import CANCELLED, Death
from emr_ml_tests.launchers.emr.stage import Stage, open_stage, put_conformance_job
from emr_ml_tests.launchers.serverless.stage import FIELDS
from emr_ml_tests.s3_server import S3
from emr_ml_tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("emulation")

POLICY = ROOT / "infra" / "serverless_launcher_policy.json"
# what the names in the policy stand for on the emulated AWS
NAMES = {
    "AWS::Partition": "aws",
    "AWS::Region": "*",
    "AWS::AccountId": "*",
    "ExecutionRole": RUNTIME_ROLE,
    "LakePrefix": "lake",
    "SourcePrefix": "source",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    settings = {"deployment": "emr-serverless", "serverless_fields": FIELDS}
    folder = tmp_path_factory.mktemp("aws")
    with pytest.MonkeyPatch.context() as patch, open_stage(folder, settings=settings) as opened:
        for name, value in opened.environment.items():
            patch.setenv(name, value)
        patch.setattr("boto3.DEFAULT_SESSION", None)
        patch.setenv("EMR_ML_DEPLOYMENT", "emr-serverless")
        patch.setenv("EMR_ML_LAKE", opened.settings.lake)
        for name, value in FIELDS.items():
            patch.setenv(f"EMR_ML_SERVERLESS__{name.upper()}", str(value))
        put_conformance_job(opened)
        yield opened


@pytest.fixture(scope="module")
def actions(stage: Stage) -> set[tuple[str, str]]:
    """Return the actions of all AWS calls of the launcher and its commands."""
    bucket = S3(stage.settings.lake.split("/")[2], stage.aws.client("s3"))
    bucket.put("source/sales.csv")
    for source in ("source", "source/"):
        take_snapshot(bucket.uri(source), stage.lake, "raw", load_contract(SALES_CONTRACT))
    stage.launch(says="hello")
    cancelled = stage.launch_elsewhere(
        stage.work(seconds=60), dies=Death("GetJobRun", "after", by=signal.SIGINT)
    )
    cancelled.join()
    assert cancelled.exitcode == CANCELLED
    (application,) = stage.aws.serverless.applications
    wait_until(lambda: not application.busy)
    for command in ("doctor", "compute", "compute --terminate-idle"):
        done = CliRunner().invoke(main, command.split())
        assert done.exit_code == 0, done.output
    return {
        (action, resource)
        for action, resource in stage.aws.calls.actions("launcher")
        if action != "sts:GetCallerIdentity"  # needs no permission
    }


@pytest.fixture(scope="module")
def allowed(stage: Stage) -> list[tuple[str, str]]:
    bucket = stage.settings.lake.split("/")[2]
    text = re.sub(
        r"\$\{([\w:]+)\}", lambda found: {**NAMES, "Bucket": bucket}[found[1]], POLICY.read_text()
    )
    return list(granted(json.loads(text)))


def test_the_policy_allows_every_call_that_is_made(
    actions: set[tuple[str, str]], allowed: list[tuple[str, str]]
) -> None:
    forbidden = [
        (action, resource)
        for action, resource in sorted(actions)
        if not any(action == other and fnmatchcase(resource, on) for other, on in allowed)
    ]
    assert forbidden == []


def test_the_policy_allows_no_call_that_is_not_made(
    actions: set[tuple[str, str]], allowed: list[tuple[str, str]]
) -> None:
    unused = [
        (action, on)
        for action, on in allowed
        if not any(action == other and fnmatchcase(res, on) for other, res in actions)
    ]
    assert unused == []
