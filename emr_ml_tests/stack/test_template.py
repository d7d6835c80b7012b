"""What the template promises, whatever its parameters are."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.serverless.config import ServerlessConfig
from emr_ml.settings import Settings
from emr_ml.stack.outputs import CLUSTER, OPTIONAL, SERVERLESS, SETTINGS, stack_fields
from emr_ml.stack.template import TEMPLATE, render_template, user_parameters
from emr_ml_tests.stack.policies import filled_in, template

MOST_CHARACTERS = 51_200  # of a TemplateBody
WITH_TAGS = (
    *("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::IAM::Role"),
    *("AWS::EC2::RouteTable", "AWS::EC2::SecurityGroup", "AWS::EC2::InternetGateway"),
    *("AWS::EC2::EIP", "AWS::EC2::NatGateway", "AWS::SNS::Topic"),
)


def of_type(*kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template()["Resources"].items():
        if resource["Type"] in kinds:
            yield name, filled_in(resource["Properties"])


def test_nothing_comes_in_from_outside() -> None:
    rules = [
        rule
        for _, group in of_type("AWS::EC2::SecurityGroup")
        for rule in group.get("SecurityGroupIngress", ())
    ]
    rules += [rule for _, rule in of_type("AWS::EC2::SecurityGroupIngress")]
    outside = [rule for rule in rules if "SourceSecurityGroupId" not in rule]

    assert [rule["CidrIp"] for rule in outside] == [
        "Network.0.0/16"
    ]  # to the endpoints, from the VPC
    assert not any(subnet["MapPublicIpOnLaunch"] for _, subnet in of_type("AWS::EC2::Subnet"))


def test_every_output_that_settings_need_is_there() -> None:
    outputs = template()["Outputs"]
    conditions = {
        name: outputs[name].get("Condition") for name in (*SETTINGS, *CLUSTER, *SERVERLESS)
    }

    assert {conditions[name] for name in SETTINGS} == {None}
    required = {*CLUSTER} - {*OPTIONAL, "LogUri"}
    assert {conditions[name] for name in required} == {"HasClusters"}
    assert {conditions[name] for name in SERVERLESS} == {"HasServerless"}


def test_settings_and_configurations_have_the_fields_that_outputs_give() -> None:
    assert set(SETTINGS.values()) <= set(Settings.model_fields)
    fields = stack_fields(
        {
            **{name: "sg-1" for name in CLUSTER if name.endswith("SecurityGroup")},
            "ServiceRole": "emr",
            "InstanceProfile": "nodes",
            "SecurityConfiguration": "safe",
            "RuntimeRole": "arn:aws:iam::123456789012:role/steps",
            "ExecutionRole": "arn:aws:iam::123456789012:role/jobs",
            "Subnets": "subnet-1,subnet-2",
            "Packages": "wheelhouse",
            "LogUri": "s3://bucket/lake/logs/",
        }
    )
    made = ClusterConfig.model_validate(fields["cluster"])
    serverless = ServerlessConfig.model_validate(fields["serverless"])

    assert made.subnets == ("subnet-1", "subnet-2")
    assert made.security_groups.service_access == "sg-1"
    assert serverless.execution_role == "arn:aws:iam::123456789012:role/jobs"


def test_what_holds_data_outlives_the_stack() -> None:
    kept = {
        name: resource["DeletionPolicy"]
        for name, resource in template()["Resources"].items()
        if "DeletionPolicy" in resource
    }

    assert kept == {
        "DataBucket": "Retain",
        "BucketOnlyByTls": "Retain",
        "Key": "RetainExceptOnCreate",
    }


def test_all_that_can_be_tagged_bears_the_projects_tag() -> None:
    bare = [
        name
        for name, properties in of_type(*WITH_TAGS)
        if {"Key": "project", "Value": "emr-ml"} not in properties.get("Tags", ())
    ]

    assert bare == []


def test_clusters_encrypt_and_take_only_imds_2() -> None:
    ((_, properties),) = of_type("AWS::EMR::SecurityConfiguration")
    configuration = properties["SecurityConfiguration"]

    metadata_service = configuration["InstanceMetadataServiceConfiguration"]
    assert metadata_service["MinimumInstanceMetadataServiceVersion"] == 2
    assert configuration["EncryptionConfiguration"]["EnableAtRestEncryption"] is True
    assert configuration["EncryptionConfiguration"]["EnableInTransitEncryption"] is True


def test_it_fits_into_one_request() -> None:
    assert len(render_template()) < MOST_CHARACTERS


@pytest.mark.parametrize("each", user_parameters(), ids=lambda each: each.name)
def test_a_parameter_says_what_it_is_for_and_has_a_default(each: Any) -> None:
    assert each.description.endswith(".")
    assert each.default is not None or each.name == "Bucket"


def test_a_parameter_becomes_an_option() -> None:
    options = {parameter.option for parameter in user_parameters()}

    assert {"--nat", "--kms-key", "--subnet-a", "--alert-email"} < options
    assert "--make-bucket" not in options


def test_the_template_is_one_file_that_reads_from_top_to_bottom() -> None:
    sections = re.findall(r"^(\w+):", TEMPLATE.read_text(), re.MULTILINE)

    assert sections == [
        *("AWSTemplateFormatVersion", "Description", "Parameters", "Rules", "Conditions"),
        *("Resources", "Outputs"),
    ]
