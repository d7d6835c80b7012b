"""The policy of the launcher allows what the launcher does, and nothing else."""

import json
import logging
import re
from collections.abc import Generator, Iterator
from fnmatch import fnmatchcase

import pytest
from click.testing import CliRunner

from emr_ml.aws.client import Api
from emr_ml.cli import main
from emr_ml.contract import load_contract
from emr_ml.lake.snapshots import take_snapshot
from emr_ml.launchers.emr.cancellation import cancel_step
from emr_ml.launchers.emr.cost import prices
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.project import ROOT
from emr_ml_tests.emulator.account import forbidden, granted
from emr_ml_tests.graph import SALES_CONTRACT
from emr_ml_tests.launchers.emr.stage import Stage, open_stage, put_conformance_job
from emr_ml_tests.s3_server import S3
from emr_ml_tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.usefixtures("emulation")

POLICY = ROOT / "infra" / "launcher_policy.json"
# what the names in the policy stand for on the emulated AWS
LOG = logging.getLogger("policy")
NAMES = {
    "AWS::Partition": "aws",
    "AWS::Region": "*",
    "AWS::AccountId": "*",
    "ServiceRole": "EMR_DefaultRole",
    "InstanceRole": "EMR_EC2_DefaultRole",
    "InstanceProfile": "EMR_EC2_DefaultRole",
    "LakePrefix": "lake",
    "SourcePrefix": "source",
}


def statements(bucket: str) -> Iterator[tuple[str, str]]:
    """Return each allowed action with each of its resource patterns."""
    text = re.sub(
        r"\$\{([\w:]+)\}", lambda found: {**NAMES, "Bucket": bucket}[found[1]], POLICY.read_text()
    )
    return granted(json.loads(text))


def used(stage: Stage) -> set[tuple[str, str]]:
    """Return the actions of all AWS calls of the launcher and its commands."""
    bucket = S3(stage.settings.lake.split("/")[2], stage.aws.client("s3"))
    bucket.put("source/sales.csv")
    for source in ("source", "source/"):
        take_snapshot(bucket.uri(source), stage.lake, "raw", load_contract(SALES_CONTRACT))
    stage.launch(says="hello")
    cancel_one(stage)
    for command in ("doctor", "clusters", "clusters --terminate-idle"):
        done = CliRunner().invoke(main, command.split())
        assert done.exit_code == 0, done.output
    return {
        (action, resource)
        for action, resource in stage.aws.calls.actions("launcher")
        if action != "sts:GetCallerIdentity"  # needs no permission
    }


def cancel_one(stage: Stage) -> None:
    work = stage.work(seconds=60)
    aside = stage.launch_aside(work)
    wait_until(lambda: bool(stage.begun(work)))
    (step,) = stage.steps(work)
    cluster = stage.only_cluster().id
    api = Api("emr", 60.0, LOG)
    assert cancel_step(api, cluster, step.id, PollingPolicy(0.1, 0.5, 1.0, 60.0), LOG)
    aside.join(PATIENCE_SECONDS)
    assert "cancelled outside of this run" in str(aside.error)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    scaled = {"task": {"spot": 1}, "managed_scaling": {"minimum": 1, "maximum": 4}}
    folder = tmp_path_factory.mktemp("aws")
    with (
        pytest.MonkeyPatch.context() as patch,
        open_stage(folder, settings={"cluster_fields": scaled}) as opened,
    ):
        for name, value in opened.environment.items():
            patch.setenv(name, value)
        patch.setattr("boto3.DEFAULT_SESSION", None)
        patch.setenv("EMR_ML_DEPLOYMENT", "emr")
        patch.setenv("EMR_ML_LAKE", opened.settings.lake)
        # a price list that did not answer in another test is left alone for a while
        prices._prices_of.cache_clear()  # pyright: ignore[reportPrivateUsage]
        put_conformance_job(opened)
        yield opened


@pytest.fixture(scope="module")
def actions(stage: Stage) -> set[tuple[str, str]]:
    return used(stage)


@pytest.fixture(scope="module")
def allowed(stage: Stage) -> list[tuple[str, str]]:
    return list(statements(stage.settings.lake.split("/")[2]))


def test_the_policy_allows_every_call_that_is_made(
    actions: set[tuple[str, str]], allowed: list[tuple[str, str]]
) -> None:
    assert forbidden(actions, allowed) == []


def test_the_policy_allows_no_call_that_is_not_made(
    actions: set[tuple[str, str]], allowed: list[tuple[str, str]]
) -> None:
    unused = [
        (action, on)
        for action, on in allowed
        if not any(action == other and fnmatchcase(res, on) for other, res in actions)
    ]
    assert unused == []
