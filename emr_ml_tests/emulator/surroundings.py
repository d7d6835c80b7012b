"""The roles and subnets that a cluster needs, in moto's IAM and EC2."""

import json
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudformation.models import cloudformation_backends
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.sns.models import sns_backends

from emr_ml_tests.emulator.endings import Ending
from emr_ml_tests.emulator.world import ACCOUNT, OBSERVER, REGION, World, invalid

SERVICE_ROLE, PROFILE = "EMR_DefaultRole", "EMR_EC2_DefaultRole"
# what AWS's guides have a user make for the jobs of EMR Serverless and of EMR on EKS
RUNTIME_ROLE = "EMRRuntimeRole"
TAKEN_BY = {
    SERVICE_ROLE: "elasticmapreduce.amazonaws.com",
    PROFILE: "ec2.amazonaws.com",
    RUNTIME_ROLE: "emr-serverless.amazonaws.com",
}


def create_default_roles(world: World) -> None:
    """EMR's default roles and instance profile, as `aws emr create-default-roles` makes them.

    There is a role for jobs, too.
    """
    iam = world.client("iam", OBSERVER)
    for name, service in TAKEN_BY.items():
        _unless_there(iam.create_role, RoleName=name, AssumeRolePolicyDocument=trust_in(service))
    _unless_there(iam.create_instance_profile, InstanceProfileName=PROFILE)
    profile = iam.get_instance_profile(InstanceProfileName=PROFILE)["InstanceProfile"]
    if not profile["Roles"]:
        iam.add_role_to_instance_profile(InstanceProfileName=PROFILE, RoleName=PROFILE)


def empty_account() -> None:
    """Remove all but buckets from the account: moto's state outlives a server."""
    iam_backends[ACCOUNT]["aws"].reset()
    for backends in (cloudformation_backends, ec2_backends, sns_backends):
        backends[ACCOUNT][REGION].reset()


def trust_in(service: str) -> str:
    """Return a trust policy that lets an AWS service assume the role."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def set_up_bucket(s3: Any, bucket: str) -> None:
    """Close the bucket to the public and encrypt it, as AWS does with every new one."""
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
    )
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [default]})


def _unless_there(create: Any, **parameters: str) -> None:
    try:
        create(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":  # pyright: ignore[reportTypedDictNotRequiredAccess] - AWS always sends it
            raise


def role_in(world: World, arn: str) -> str:
    """Return the role that is passed: that of an instance profile, else the role itself."""
    try:
        answer = world.client("iam").get_instance_profile(
            InstanceProfileName=arn.rpartition("/")[2]
        )
    except ClientError:
        return arn
    roles = answer["InstanceProfile"]["Roles"]
    return roles[0]["Arn"] if roles else arn


def check_runtime_role(world: World, arn: str, taken_by: str = "") -> None:
    """Raise ValidationException if there is no such role, or if it does not trust the service."""
    name = arn.rpartition("/")[2]
    try:
        role = world.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        raise invalid(f"The execution role {arn} does not exist.") from error
    if taken_by not in json.dumps(role["AssumeRolePolicyDocument"]):
        raise invalid(f"The execution role {arn} can't be assumed by {taken_by}.")


def check_profile(world: World, request: dict[str, Any]) -> None:
    """Raise ValidationException if there is no such instance profile."""
    name = request["JobFlowRole"].rpartition("/")[2]
    try:
        world.client("iam").get_instance_profile(InstanceProfileName=name)
    except ClientError as error:
        raise invalid(f"Invalid InstanceProfile: {name}.") from error


def find_startup_error(world: World, request: dict[str, Any]) -> Ending | None:
    """Return what EMR detects only as the cluster starts: a missing service role or subnet."""
    if world.strict_roles:
        role = request["ServiceRole"].rpartition("/")[2]
        try:
            world.client("iam").get_role(RoleName=role)
        except ClientError:
            return _refused("VALIDATION_ERROR_INVALID_ROLE", f"{role} is invalid")
    instances = request["Instances"]
    subnets = instances.get("Ec2SubnetIds") or [instances.get("Ec2SubnetId")]
    if world.strict_subnets and subnets[0]:
        try:
            world.client("ec2").describe_subnets(SubnetIds=subnets)
        except ClientError as error:
            return _refused("VALIDATION_ERROR_INVALID_SUBNET", str(error))
    return None


def _refused(code: str, message: str) -> Ending:
    detail = {"ErrorCode": code, "ErrorMessage": message, "ErrorData": []}
    return Ending("VALIDATION_ERROR", message, errors=True, details=[detail])
