"""Each target's policy of the launcher allows what is done there, and nothing else."""

import json
import logging
import re
import signal
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

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
from emr_ml_tests.emulator.account import covers, forbidden, granted
from emr_ml_tests.emulator.surroundings import RUNTIME_ROLE
from emr_ml_tests.graph import SALES_CONTRACT
from emr_ml_tests.launchers.emr.elsewhere import CANCELLED, Death
from emr_ml_tests.launchers.emr.stage import Stage, open_stage, put_conformance_job
from emr_ml_tests.launchers.remote.services import EKS, SERVERLESS
from emr_ml_tests.s3_server import S3
from emr_ml_tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.usefixtures("emulation")

LOG = logging.getLogger("policy")
# what the names in the policies stand for on the emulated AWS
NAMES = {
    "AWS::Partition": "aws",
    "AWS::Region": "*",
    "AWS::AccountId": "*",
    "ServiceRole": "EMR_DefaultRole",
    "InstanceRole": "EMR_EC2_DefaultRole",
    "InstanceProfile": "EMR_EC2_DefaultRole",
    "ExecutionRole": RUNTIME_ROLE,
    "VirtualCluster": "*",
    "LakePrefix": "lake",
    "SourcePrefix": "source",
}


@dataclass(frozen=True)
class Target:
    """A target, its policy, and how a job there is cancelled.

    Args:
        policy: name of the file.
        settings: of the deployment.
        environment: the same for commands.
        cancel: cancels a job in a way that the launcher does.
    """

    policy: str
    settings: Mapping[str, Any]
    environment: Mapping[str, str]
    cancel: Callable[[Stage], None]


def cancel_a_step(stage: Stage) -> None:
    work = stage.work(seconds=60)
    aside = stage.launch_aside(work)
    wait_until(lambda: bool(stage.begun(work)))
    (step,) = stage.steps(work)
    cluster = stage.only_cluster().id
    api = Api("emr", 60.0, LOG)
    assert cancel_step(api, cluster, step.id, PollingPolicy(0.1, 0.5, 1.0, 60.0), LOG)
    aside.join(PATIENCE_SECONDS)
    assert "cancelled outside of this run" in str(aside.error)


def cancel_a_job_run(stage: Stage, look: str) -> None:
    work = stage.work(seconds=60)
    cancelled = stage.launch_elsewhere(work, dies=Death(look, "after", by=signal.SIGINT))
    cancelled.join()
    assert cancelled.exitcode == CANCELLED
    wait_until(lambda: not any(one.busy for one in stage.aws.serverless.applications))


def variables(prefix: str, fields: Mapping[str, Any]) -> dict[str, str]:
    return {f"{prefix}{name.upper()}": str(value) for name, value in fields.items()}


SCALED = {"task": {"spot": 1}, "managed_scaling": {"minimum": 1, "maximum": 4}}
TARGETS = {
    "emr": Target("launcher_policy.json", {"cluster_fields": SCALED}, {}, cancel_a_step),
    "emr-serverless": Target(
        "serverless_launcher_policy.json",
        {"serverless_fields": SERVERLESS.fields},
        variables("EMR_ML_SERVERLESS__", SERVERLESS.fields),
        lambda stage: cancel_a_job_run(stage, "GetJobRun"),
    ),
    "emr-eks": Target(
        "eks_launcher_policy.json",
        {"eks_fields": EKS.fields},
        variables("EMR_ML_EKS__", EKS.fields),
        lambda stage: cancel_a_job_run(stage, "DescribeJobRun"),
    ),
}
Actions = set[tuple[str, str]]


@pytest.fixture(scope="module", params=TARGETS)
def compared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[Actions, Actions]]:
    """Return the actions that are made, and those that the policy allows, with their resources."""
    deployment: str = request.param
    target = TARGETS[deployment]
    settings = {"deployment": deployment, **target.settings}
    folder = tmp_path_factory.mktemp("aws")
    with pytest.MonkeyPatch.context() as patch, open_stage(folder, settings=settings) as stage:
        named = {"EMR_ML_DEPLOYMENT": deployment, "EMR_ML_LAKE": stage.settings.lake}
        for name, value in {**stage.environment, **target.environment, **named}.items():
            patch.setenv(name, value)
        patch.setattr("boto3.DEFAULT_SESSION", None)
        # a price list that did not answer in another test is left alone for a while
        prices.prices_of.cache_clear()
        put_conformance_job(stage)
        stage.aws.eks.add_virtual_cluster("emr-ml")
        yield made(stage, target), allowed(stage, target)


def made(stage: Stage, target: Target) -> Actions:
    """Return the actions of all AWS calls of the launcher and its commands."""
    bucket = S3(stage.settings.lake.split("/")[2], stage.aws.client("s3"))
    bucket.put("source/sales.csv")
    for source in ("source", "source/"):
        take_snapshot(bucket.uri(source), stage.lake, "raw", load_contract(SALES_CONTRACT))
    stage.launch(says="hello")
    target.cancel(stage)
    for command in ("doctor", "compute", "compute --terminate-idle"):
        done = CliRunner().invoke(main, command.split())
        assert done.exit_code == 0, done.output
    return {
        (action, resource)
        for action, resource in stage.aws.calls.actions("launcher")
        if action != "sts:GetCallerIdentity"  # needs no permission
    }


def allowed(stage: Stage, target: Target) -> Actions:
    names = {**NAMES, "Bucket": stage.settings.lake.split("/")[2]}
    text = (ROOT / "infra" / target.policy).read_text()
    return set(granted(json.loads(re.sub(r"\$\{([\w:]+)\}", lambda found: names[found[1]], text))))


def test_the_policy_allows_every_call_that_is_made(compared: tuple[Actions, Actions]) -> None:
    actions, statements = compared

    assert forbidden(actions, statements) == []


def test_the_policy_allows_no_call_that_is_not_made(compared: tuple[Actions, Actions]) -> None:
    actions, statements = compared

    assert [s for s in sorted(statements) if not any(covers(s, one) for one in actions)] == []
