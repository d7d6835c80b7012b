"""Requests that EMR accepts, for tests to start from."""

from typing import Any

from emr_ml_tests.emulator.surroundings import RUNTIME_ROLE
from emr_ml_tests.emulator.world import ACCOUNT

RUNTIME_ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{RUNTIME_ROLE}"


def a_fleet(role: str, *types: str, on_demand: int = 0, spot: int = 0) -> dict[str, Any]:
    fleet: dict[str, Any] = {
        "InstanceFleetType": role,
        "TargetOnDemandCapacity": on_demand,
        "TargetSpotCapacity": spot,
        "InstanceTypeConfigs": [{"InstanceType": name} for name in types],
    }
    if spot:
        patience = {"TimeoutDurationMinutes": 5, "TimeoutAction": "SWITCH_TO_ON_DEMAND"}
        fleet["LaunchSpecifications"] = {"SpotSpecification": patience}
    return fleet


def a_cluster(bucket: str, **more: Any) -> dict[str, Any]:
    """A cluster of two nodes that ends after ten hours without work: a minute on a fast clock."""
    return {
        "Name": "emr-ml test",
        "ReleaseLabel": "emr-spark-8.1.0",
        "LogUri": f"s3://{bucket}/logs",
        "ServiceRole": "EMR_DefaultRole",
        "JobFlowRole": "EMR_EC2_DefaultRole",
        "AutoTerminationPolicy": {"IdleTimeout": 36_000},
        "Instances": {
            "KeepJobFlowAliveWhenNoSteps": True,
            "InstanceFleets": [
                a_fleet("MASTER", "m5.xlarge", on_demand=1),
                a_fleet("CORE", "m5.xlarge", on_demand=1),
            ],
        },
        **more,
    }


def a_step(name: str, *command: str, **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": list(command)},
        **more,
    }


def an_application(**more: Any) -> dict[str, Any]:
    """An application that stops after an hour without work: six seconds on a fast clock."""
    return {
        "name": "emr-ml-test",
        "releaseLabel": "emr-spark-8.0.0",
        "type": "SPARK",
        "clientToken": "an-application",
        "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": 60},
        **more,
    }


def a_serverless_run(
    application: str, bucket: str, script: str, *arguments: str, **more: Any
) -> dict[str, Any]:
    """A job run of the smallest workers; `parameters` are those of spark-submit."""
    sizes = "--conf spark.driver.cores=1 --conf spark.driver.memory=2g "
    sizes += "--conf spark.executor.cores=1 --conf spark.executor.memory=2g "
    sizes += "--conf spark.executor.instances=1"
    driver = {"entryPoint": script, "entryPointArguments": list(arguments)}
    driver["sparkSubmitParameters"] = f"{sizes} {more.pop('parameters', '')}".strip()
    logs = {"s3MonitoringConfiguration": {"logUri": f"s3://{bucket}/logs/"}}
    return {
        "applicationId": application,
        "name": "one",
        "clientToken": "one-1",
        "executionRoleArn": RUNTIME_ROLE_ARN,
        "jobDriver": {"sparkSubmit": driver},
        "configurationOverrides": {"monitoringConfiguration": logs},
        **more,
    }


def an_eks_run(
    virtual_cluster: str, bucket: str, script: str, *arguments: str, **more: Any
) -> dict[str, Any]:
    driver: dict[str, Any] = {"entryPoint": script, "entryPointArguments": list(arguments)}
    if parameters := more.pop("parameters", ""):
        driver["sparkSubmitParameters"] = parameters
    logs = {"s3MonitoringConfiguration": {"logUri": f"s3://{bucket}/logs"}}
    return {
        "virtualClusterId": virtual_cluster,
        "name": "one",
        "clientToken": "one-1",
        "executionRoleArn": RUNTIME_ROLE_ARN,
        "releaseLabel": "emr-7.12.0-latest",
        "jobDriver": {"sparkSubmitJobDriver": driver},
        "configurationOverrides": {"monitoringConfiguration": logs},
        **more,
    }
