"""Checks of EMR Serverless and EMR on EKS: the configuration, what runs jobs, and their role."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emr_ml.aws.client import AWS_ERRORS, CALL_ERRORS, error_code
from emr_ml.aws.problems import diagnose
from emr_ml.aws.region import region_name
from emr_ml.doctor.aws import api, refused, unanswered
from emr_ml.doctor.finding import Finding, bad, good, unchecked
from emr_ml.doctor.roles import SERVERLESS_SERVICE
from emr_ml.doctor.roles import check_role as check_any_role
from emr_ml.launchers.eks import requests as eks
from emr_ml.launchers.eks.config import EksConfig, load_eks_config
from emr_ml.launchers.eks.job import USABLE as USABLE_CLUSTER
from emr_ml.launchers.eks.job import find_virtual_cluster
from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.serverless.application import USABLE, check_fits
from emr_ml.launchers.serverless.config import ServerlessConfig, load_serverless_config
from emr_ml.launchers.serverless.plan import make_plan
from emr_ml.launchers.serverless.requests import SERVICE as SERVERLESS
from emr_ml.settings import Deployment, Settings

# names of checks
APPLICATION, VIRTUAL_CLUSTER, ROLE = "EMR Serverless", "virtual cluster", "execution role"
Checks = Mapping[str, Callable[[], Finding]]


@dataclass(frozen=True)
class Service:
    """What differs between the services.

    Args:
        configuration: name of the check of the configuration.
        title: what is configured.
        checks: names of the checks that call AWS.
        file: address of the configuration, or None.
        plan: checks configuration and requests, and returns the release and the other checks.
    """

    configuration: str
    title: str
    checks: tuple[str, str]
    file: str | None
    plan: Callable[[Mapping[str, str]], tuple[str, Checks]]


def service_of(settings: Settings) -> Service:
    """Return the service of the deployment.

    Raises:
        ValueError: it has no job runs.
    """
    match settings.deployment:
        case Deployment.EMR_SERVERLESS:
            return Service(
                "serverless",
                "EMR Serverless",
                (APPLICATION, ROLE),
                settings.serverless,
                lambda jobs: _plan_serverless(settings, jobs),
            )
        case Deployment.EMR_EKS:
            return Service(
                "eks",
                "EMR on EKS",
                (VIRTUAL_CLUSTER, ROLE),
                settings.eks,
                lambda jobs: _plan_eks(settings, jobs),
            )
        case Deployment.LOCAL | Deployment.EMR | Deployment.SPARK_SUBMIT as other:
            raise ValueError(f"{other} has no job runs")


def plan_checks(service: Service, jobs: Mapping[str, str]) -> tuple[Finding, Checks]:
    """Check the configuration and the requests that it makes, without calling AWS.

    Args:
        service: that runs them.
        jobs: the module of each job, by the path of its asset.

    Returns:
        The finding, and the checks that call AWS by their names; none if it is not good.
    """
    name = service.configuration
    try:
        release, checks = service.plan(jobs)
    except TargetConfigError as error:
        fix = f"correct the configuration of {service.title}; `emr-ml plan` shows the requests"
        return bad(name, str(error), fix), {}
    except CALL_ERRORS as error:
        # a profile or an endpoint that can't be used, which another check has named
        return unchecked(name, diagnose(error).what), {}
    return good(name, f"configuration of {release} is valid"), checks


def check_application(config: ServerlessConfig) -> Finding:
    """Check that the caller may use EMR Serverless, and that a named application fits."""
    name, region, known = APPLICATION, region_name(), config.application_id
    try:
        if known is None:
            api(SERVERLESS, region).ask("list_applications", states=list(USABLE), maxResults=1)
            return good(name, f"answers in {region}")
        answer = api(SERVERLESS, region).ask("get_application", applicationId=known)
        check_fits(config, answer["application"], known)
    except TargetConfigError as error:
        return bad(name, str(error), "`aws emr-serverless list-applications` lists them")
    except AWS_ERRORS as error:
        return refused(name, error, known or "")
    return good(name, f"application {known} is {answer['application']['state']}")


def check_virtual_cluster(config: EksConfig) -> Finding:
    """Check that the virtual cluster can be used."""
    name, emr = VIRTUAL_CLUSTER, api(eks.SERVICE, region_name())
    try:
        found = find_virtual_cluster(emr, config)
        state = emr.ask("describe_virtual_cluster", id=found)["virtualCluster"]["state"]
    except TargetConfigError as error:
        return bad(name, str(error), "`aws emr-containers list-virtual-clusters` lists them")
    except AWS_ERRORS as error:
        return refused(name, error, config.virtual_cluster_id or "")
    if state != USABLE_CLUSTER:
        return bad(name, f"{found} is {state}", f"name one that is {USABLE_CLUSTER}")
    return good(name, f"{found} is {state}")


def check_pod_role(config: EksConfig) -> Finding:
    """Check that the execution role exists; whom it trusts depends on the cluster's identities."""
    role = config.execution_role
    try:
        api("iam", region_name()).ask("get_role", RoleName=role.rpartition("/")[2])
    except AWS_ERRORS as error:
        if error_code(error) == "NoSuchEntity":
            fix = "create it as AWS's guide to EMR on EKS says, or correct `execution_role`"
            return bad(ROLE, f"{role} does not exist", fix)
        return unanswered(ROLE, error, role)
    return good(ROLE, role)


def _plan_serverless(settings: Settings, jobs: Mapping[str, str]) -> tuple[str, Checks]:
    config = load_serverless_config(settings)
    make_plan(config, find_endpoint(settings.lake), jobs)
    role, field = config.execution_role, "`execution_role`"
    return config.release_label, {
        APPLICATION: lambda: check_application(config),
        ROLE: lambda: check_any_role(region_name() or "", ROLE, role, field, (SERVERLESS_SERVICE,)),
    }


def _plan_eks(settings: Settings, jobs: Mapping[str, str]) -> tuple[str, Checks]:
    config = load_eks_config(settings)
    eks.planned_requests(config, find_endpoint(settings.lake), jobs)
    return config.release_label, {
        VIRTUAL_CLUSTER: lambda: check_virtual_cluster(config),
        ROLE: lambda: check_pod_role(config),
    }
