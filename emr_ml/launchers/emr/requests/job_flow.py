"""The RunJobFlow request of a cluster, and the name that identifies a suitable cluster."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from emr_ml.lake.versions import digest
from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.config.merging import merged_configurations, overridden
from emr_ml.launchers.emr.config.model import ClusterConfig, Fleet
from emr_ml.launchers.emr.config.scaling import FLEET_UNIT
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.service_model import format_mistakes, mistakes

CLUSTER_PREFIX = "emr-ml emr "
NAME_DIGITS = 16
MAX_BOOTSTRAP_ACTIONS = 16

# clusters that differ in nothing else can do each other's work
FIELDS_NOT_IN_NAME = ("Name", "Tags")


class BootstrapAction(Protocol):
    """A script on S3 that every node runs before Spark is installed."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def args(self) -> Sequence[str]: ...


def run_job_flow_request(
    config: ClusterConfig, endpoint: Endpoint, bootstrap: Sequence[BootstrapAction], run_id: str
) -> dict[str, Any]:
    """Return the parameters of RunJobFlow, including the name.

    Raises:
        ClusterConfigError: EMR's API does not accept them; every mistake is named.
    """
    request = _unnamed_request(config, endpoint, bootstrap, run_id)
    request = {"Name": _name(config, endpoint, request, run_id), **request}
    problems = format_mistakes(mistakes("RunJobFlow", request))
    actions = len(request.get("BootstrapActions", []))
    if actions > MAX_BOOTSTRAP_ACTIONS:
        problems.append(f"BootstrapActions: EMR runs up to {MAX_BOOTSTRAP_ACTIONS}, not {actions}")
    if problems:
        raise ClusterConfigError(
            "\n".join(
                f"EMR does not accept this RunJobFlow request: {problem}" for problem in problems
            )
        )
    return request


def cluster_name(
    config: ClusterConfig, endpoint: Endpoint, bootstrap: Sequence[BootstrapAction], run_id: str
) -> str:
    """Return `emr-ml emr <digest>`, equal if and only if clusters can do each other's work.

    The digest is over the whole request except its tags, over the lake and the endpoint. Limits,
    roles, Spark properties and code of steps are not in it, because only steps carry them. With
    scope `run`, the start of the run's id follows.
    """
    return _name(config, endpoint, _unnamed_request(config, endpoint, bootstrap, run_id), run_id)


def _name(
    config: ClusterConfig, endpoint: Endpoint, request: Mapping[str, Any], run_id: str
) -> str:
    cluster = {name: value for name, value in request.items() if name not in FIELDS_NOT_IN_NAME}
    spec = {
        "cluster": cluster,
        "lake": endpoint.lake,
        "region": endpoint.region,
        "endpoint": endpoint.url,
    }
    run = f" run {run_id[:8]}" if config.scope == "run" else ""
    return f"{CLUSTER_PREFIX}{digest(spec)[:NAME_DIGITS]}{run}"


def _unnamed_request(
    config: ClusterConfig, endpoint: Endpoint, bootstrap: Sequence[BootstrapAction], run_id: str
) -> dict[str, Any]:
    configurations = merged_configurations([each.as_json() for each in config.configurations])
    # the launcher's permissions depend on the tag `emr-ml`; `run` is the run that starts the
    # cluster, even if others use it later
    tags = {"project": "emr-ml"} | config.tags | {"emr-ml": "emr", "run": run_id}
    request = {
        "ReleaseLabel": config.release_label,
        "Applications": [{"Name": "Hadoop"}, {"Name": "Spark"}],
        "LogUri": config.log_address(endpoint.lake),
        "ServiceRole": config.service_role,
        "JobFlowRole": config.instance_profile,
        "VisibleToAllUsers": True,
        "StepConcurrencyLevel": config.step_concurrency,
        "AutoTerminationPolicy": {"IdleTimeout": config.idle_timeout_seconds},
        "Instances": _instances(config),
        "Configurations": configurations or None,
        "BootstrapActions": [
            {
                "Name": action.name,
                "ScriptBootstrapAction": {"Path": action.path, "Args": list(action.args)},
            }
            for action in bootstrap
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "SecurityConfiguration": config.security_configuration,
        "EbsRootVolumeSize": config.root_volume_gb,
        "ManagedScalingPolicy": scaling_request(config),
    }
    return overridden(request, config.overrides)


def fleet_requests(config: ClusterConfig) -> list[dict[str, Any]]:
    """Return RunJobFlow's `InstanceFleets`; a value of None means that there is none."""
    fleets = {"MASTER": config.primary, "CORE": config.core, "TASK": config.task}
    return [
        _fleet(role, fleet, is_scaled=bool(config.managed_scaling) and role != "MASTER")
        for role, fleet in fleets.items()
        if fleet.units
    ]


def _instances(config: ClusterConfig) -> dict[str, Any]:
    groups = config.security_groups
    return {
        "InstanceFleets": fleet_requests(config),
        "KeepJobFlowAliveWhenNoSteps": True,
        "TerminationProtected": False,
        "Ec2SubnetIds": list(config.subnets) or None,
        "EmrManagedMasterSecurityGroup": groups.primary,
        "EmrManagedSlaveSecurityGroup": groups.core,
        "ServiceAccessSecurityGroup": groups.service_access,
        "AdditionalMasterSecurityGroups": list(groups.additional_primary) or None,
        "AdditionalSlaveSecurityGroups": list(groups.additional_core) or None,
    }


def _fleet(role: str, fleet: Fleet, *, is_scaled: bool) -> dict[str, Any]:
    # EMR's managed scaling may add spot units to a fleet that starts without
    may_have_spot = bool(fleet.spot) or is_scaled
    spot = {
        "TimeoutDurationMinutes": fleet.spot_timeout_minutes,
        "TimeoutAction": fleet.spot_timeout_action,
        "AllocationStrategy": fleet.allocation_strategy,
    }
    return {
        "Name": {"MASTER": "primary", "CORE": "core", "TASK": "task"}[role],
        "InstanceFleetType": role,
        "TargetOnDemandCapacity": fleet.on_demand or None,
        "TargetSpotCapacity": fleet.spot or None,
        "InstanceTypeConfigs": [
            {
                "InstanceType": each.type,
                "WeightedCapacity": each.weight,
                "BidPriceAsPercentageOfOnDemandPrice": (
                    fleet.max_price_percent if may_have_spot else None
                ),
                "Priority": each.priority,
            }
            for each in fleet.instance_types
        ],
        "LaunchSpecifications": {
            "OnDemandSpecification": {"AllocationStrategy": "lowest-price"},
            "SpotSpecification": spot if may_have_spot else None,
        },
    }


def scaling_request(config: ClusterConfig) -> dict[str, Any] | None:
    """Return RunJobFlow's `ManagedScalingPolicy`; a value of None means that there is none."""
    scaling = config.managed_scaling
    if scaling is None:
        return None
    return {
        "ComputeLimits": {
            "UnitType": FLEET_UNIT,
            "MinimumCapacityUnits": scaling.minimum,
            "MaximumCapacityUnits": scaling.maximum,
            "MaximumOnDemandCapacityUnits": scaling.max_on_demand,
            "MaximumCoreCapacityUnits": scaling.max_core,
        },
        "ScalingStrategy": "ADVANCED" if scaling.utilization_index else None,
        "UtilizationPerformanceIndex": scaling.utilization_index,
    }
