"""A cluster as EMR is asked for it, and the name by which a fitting one is found again."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from emr_ml.lake.versions import digest
from emr_ml.launchers.emr.config.merging import merged_configurations, overridden
from emr_ml.launchers.emr.config.model import ClusterConfig, ClusterConfigError, Fleet
from emr_ml.launchers.emr.config.service_model import in_words, mistakes
from emr_ml.launchers.emr.context import Endpoint

CLUSTER_PREFIX = "emr-ml emr "
NAME_DIGITS = 16
MOST_BOOTSTRAP_ACTIONS = 16

# of two clusters that differ in nothing else, each can do the other's work
NOT_IN_THE_NAME = ("Name", "Tags")


class BootstrapAction(Protocol):
    """A script in S3 that every node runs before Spark is installed."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def args(self) -> Sequence[str]: ...


def cluster_name(
    config: ClusterConfig, target: Endpoint, bootstrap: Sequence[BootstrapAction], run_id: str
) -> str:
    """`emr-ml emr <digest>`: equal for all configurations whose clusters can do each other's work.

    The digest is over the whole request but its tags, over the lake and the endpoint. What only
    steps carry (their limit, role, Spark properties and code) is not in it. With scope `run`, the
    start of the run's id follows.
    """
    return _name(config, target, _request(config, target, bootstrap, run_id), run_id)


def run_job_flow_request(
    config: ClusterConfig, target: Endpoint, bootstrap: Sequence[BootstrapAction], run_id: str
) -> dict[str, Any]:
    """The parameters of RunJobFlow, the name included.

    Raises:
        ClusterConfigError: EMR's API has no use for them; every such field is named.
    """
    request = _request(config, target, bootstrap, run_id)
    request = {"Name": _name(config, target, request, run_id), **request}
    found = in_words(mistakes("RunJobFlow", request))
    actions = len(request.get("BootstrapActions", []))
    if actions > MOST_BOOTSTRAP_ACTIONS:
        found.append(f"BootstrapActions: EMR runs up to {MOST_BOOTSTRAP_ACTIONS}, not {actions}")
    if found:
        raise ClusterConfigError(
            "\n".join(f"RunJobFlow can't be asked for: {line}" for line in found)
        )
    return request


def _name(config: ClusterConfig, target: Endpoint, request: Mapping[str, Any], run_id: str) -> str:
    cluster = {name: value for name, value in request.items() if name not in NOT_IN_THE_NAME}
    spec = {
        "cluster": cluster,
        "lake": target.lake,
        "region": target.region,
        "endpoint": target.endpoint,
    }
    run = f" run {run_id[:8]}" if config.scope == "run" else ""
    return f"{CLUSTER_PREFIX}{digest(spec)[:NAME_DIGITS]}{run}"


def _request(
    config: ClusterConfig, target: Endpoint, bootstrap: Sequence[BootstrapAction], run_id: str
) -> dict[str, Any]:
    theirs = [each.as_json() for each in config.configurations]
    # the run is the one that started the cluster, whoever else works on it later
    # the first tag is what the launcher's rights are bound to
    own = {"emr-ml": "emr", "run": run_id}
    tags = {"project": "emr-ml"} | config.tags | own
    request = {
        "ReleaseLabel": config.release_label,
        "Applications": [{"Name": "Hadoop"}, {"Name": "Spark"}],
        "LogUri": config.log_address(target.lake),
        "ServiceRole": config.service_role,
        "JobFlowRole": config.instance_profile,
        "VisibleToAllUsers": True,
        "StepConcurrencyLevel": config.step_concurrency,
        "AutoTerminationPolicy": {"IdleTimeout": config.idle_timeout_seconds},
        "Instances": _instances(config),
        "Configurations": merged_configurations(theirs) or None,
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
        "ManagedScalingPolicy": _scaling(config),
    }
    return overridden(request, config.overrides)


def _instances(config: ClusterConfig) -> dict[str, Any]:
    fleets = {"MASTER": config.primary, "CORE": config.core, "TASK": config.task}
    groups = config.security_groups
    return {
        "InstanceFleets": [
            _fleet(role, fleet, scaled=bool(config.managed_scaling) and role != "MASTER")
            for role, fleet in fleets.items()
            if fleet.units
        ],
        "KeepJobFlowAliveWhenNoSteps": True,
        "TerminationProtected": False,
        "Ec2SubnetIds": list(config.subnets) or None,
        "EmrManagedMasterSecurityGroup": groups.primary,
        "EmrManagedSlaveSecurityGroup": groups.core,
        "ServiceAccessSecurityGroup": groups.service_access,
        "AdditionalMasterSecurityGroups": list(groups.additional_primary) or None,
        "AdditionalSlaveSecurityGroups": list(groups.additional_core) or None,
    }


def _fleet(role: str, fleet: Fleet, *, scaled: bool) -> dict[str, Any]:
    # EMR's managed scaling may add spot units to a fleet that starts without
    with_spot = bool(fleet.spot) or scaled
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
                    fleet.max_price_percent if with_spot else None
                ),
                "Priority": each.priority,
            }
            for each in fleet.instance_types
        ],
        "LaunchSpecifications": {
            "OnDemandSpecification": {"AllocationStrategy": "lowest-price"},
            "SpotSpecification": spot if with_spot else None,
        },
    }


def _scaling(config: ClusterConfig) -> dict[str, Any] | None:
    scaling = config.managed_scaling
    if scaling is None:
        return None
    return {
        "ComputeLimits": {
            # the only unit that goes with instance fleets
            "UnitType": "InstanceFleetUnits",
            "MinimumCapacityUnits": scaling.minimum,
            "MaximumCapacityUnits": scaling.maximum,
            "MaximumOnDemandCapacityUnits": scaling.max_on_demand,
            "MaximumCoreCapacityUnits": scaling.max_core,
        },
        "ScalingStrategy": "ADVANCED" if scaling.utilization_index else None,
        "UtilizationPerformanceIndex": scaling.utilization_index,
    }
