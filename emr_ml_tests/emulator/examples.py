"""Requests that EMR accepts, for tests to start from."""

from typing import Any


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
