"""An arranged account: what tests of `emr-ml doctor` put into it."""

import json
import uuid
from typing import Any

import boto3
import pytest

from emr_ml.stack.outputs import CLUSTER, SETTINGS
from emr_ml_tests.emulator.arranged import ArrangedAws
from emr_ml_tests.emulator.surroundings import set_up_bucket
from emr_ml_tests.emulator.world import REGION

ACCOUNT = "123456789012"
STANDARD, SPOT = "L-1216C47A", "L-34B43A08"


def client(service: str) -> Any:
    # a session of its own, so that none is left that remembers credentials
    return boto3.Session().client(service)  # pyright: ignore[reportCallIssue, reportArgumentType] - any service and region


def make_bucket(region: str = REGION) -> str:
    name = f"doctor-{uuid.uuid4().hex}"
    s3 = boto3.Session().client("s3", region_name=region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})  # pyright: ignore[reportArgumentType] - any service and region
    set_up_bucket(s3, name)
    return name


def give_quotas(aws: ArrangedAws, **vcpus: float) -> None:
    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        name = {STANDARD: "on_demand", SPOT: "spot"}[parameters["QuotaCode"]]
        return {"Quota": {"Value": vcpus[name]}}

    aws.answer("GetServiceQuota", answer)


def make_stack(monkeypatch: pytest.MonkeyPatch, *without: str) -> str:
    """A stack that gives what `emr-ml up` makes, as far as settings need it; its bucket."""
    ec2, bucket = client("ec2"), make_bucket()
    subnets = ec2.describe_subnets()["Subnets"][:2]
    outputs = {
        "Lake": f"s3://{bucket}/lake",
        "LogUri": f"s3://{bucket}/lake/logs/",
        "AlertTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts",
        "ServiceRole": "EMR_DefaultRole",
        "InstanceProfile": "EMR_EC2_DefaultRole",
        "Subnets": ",".join(subnet["SubnetId"] for subnet in subnets),
        **{name: "sg-12345678" for name in CLUSTER if name.endswith("SecurityGroup")},
        "SecurityConfiguration": "safe",
        "Packages": "index",
    }
    assert {*SETTINGS, *CLUSTER} - set(outputs) == {"RuntimeRole"}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {
            name: {"Value": value} for name, value in outputs.items() if name not in without
        },
    }
    name = f"stack-{uuid.uuid4().hex}"
    client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    monkeypatch.setenv("EMR_ML_STACK", name)
    return bucket
