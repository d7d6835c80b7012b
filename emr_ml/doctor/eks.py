"""Checks of EMR on EKS: its configuration, the virtual cluster, and the execution role."""

from collections.abc import Callable, Mapping

from emr_ml.aws.client import AWS_ERRORS, CALL_ERRORS
from emr_ml.aws.problems import diagnose
from emr_ml.aws.region import region_name
from emr_ml.doctor.aws import api, refused, unanswered
from emr_ml.doctor.finding import Finding, bad, good, unchecked
from emr_ml.launchers.eks.config import EksConfig, load_eks_config
from emr_ml.launchers.eks.job import USABLE, find_virtual_cluster
from emr_ml.launchers.eks.plan import make_plan
from emr_ml.launchers.eks.requests import SERVICE
from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.settings import Settings

CONFIGURATION, CHECKS = "eks", ("virtual cluster", "execution role")


def plan_checks(
    settings: Settings, jobs: Mapping[str, str]
) -> tuple[Finding, dict[str, Callable[[], Finding]]]:
    """Check the configuration and the requests that it makes, without calling AWS.

    Args:
        settings: with the stack's outputs.
        jobs: the module of each job, by the path of its asset.

    Returns:
        The finding, and the checks that call AWS by their names; none if it is bad.
    """
    try:
        config = load_eks_config(settings)
        make_plan(config, find_endpoint(settings.lake), jobs)
    except TargetConfigError as error:
        fix = "correct the configuration of EMR on EKS; `emr-ml plan` shows the requests"
        return bad(CONFIGURATION, str(error), fix), {}
    except CALL_ERRORS as error:
        # a profile or an endpoint that can't be used, which another check has named
        return unchecked(CONFIGURATION, diagnose(error).what), {}
    service, role = CHECKS
    return good(CONFIGURATION, f"configuration of {config.release_label} is valid"), {
        service: lambda: check_virtual_cluster(config),
        role: lambda: check_role(config),
    }


def check_virtual_cluster(config: EksConfig) -> Finding:
    """Check that the virtual cluster can be used."""
    name, emr = "virtual cluster", api(SERVICE, region_name())
    try:
        found = find_virtual_cluster(emr, config)
        state = emr.ask("describe_virtual_cluster", id=found)["virtualCluster"]["state"]
    except TargetConfigError as error:
        return bad(name, error.problem, "`aws emr-containers list-virtual-clusters` lists them")
    except AWS_ERRORS as error:
        return refused(name, error, config.virtual_cluster_id or "")
    if state != USABLE:
        return bad(name, f"{found} is {state}", "name one that is RUNNING")
    return good(name, f"{found} is {state}")


def check_role(config: EksConfig) -> Finding:
    """Check that the execution role exists; whom it trusts depends on the cluster's identities."""
    name, role = "execution role", config.execution_role
    try:
        api("iam", region_name()).ask("get_role", RoleName=role.rpartition("/")[2])
    except AWS_ERRORS as error:
        if "NoSuchEntity" in str(error):
            fix = "create it as AWS's guide to EMR on EKS says, or correct `execution_role`"
            return bad(name, f"{role} does not exist", fix)
        return unanswered(name, error, role)
    return good(name, role)
