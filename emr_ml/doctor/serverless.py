"""Checks of EMR Serverless: its configuration, the service, and the execution role."""

from collections.abc import Callable, Mapping

from emr_ml.aws.client import AWS_ERRORS, CALL_ERRORS
from emr_ml.aws.problems import diagnose
from emr_ml.aws.region import region_name
from emr_ml.doctor.aws import api, refused
from emr_ml.doctor.finding import Finding, bad, good, unchecked
from emr_ml.doctor.roles import SERVERLESS_SERVICE
from emr_ml.doctor.roles import check_role as check_any_role
from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.serverless.application import USABLE
from emr_ml.launchers.serverless.config import ServerlessConfig, load_serverless_config
from emr_ml.launchers.serverless.plan import make_plan
from emr_ml.launchers.serverless.requests import SERVICE
from emr_ml.settings import Settings

CONFIGURATION, CHECKS = "serverless", ("EMR Serverless", "execution role")


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
        config = load_serverless_config(settings)
        make_plan(config, find_endpoint(settings.lake), jobs)
    except TargetConfigError as error:
        fix = "correct the configuration of EMR Serverless; `emr-ml plan` shows the requests"
        return bad(CONFIGURATION, str(error), fix), {}
    except CALL_ERRORS as error:
        # a profile or an endpoint that can't be used, which another check has named
        return unchecked(CONFIGURATION, diagnose(error).what), {}
    service, role = CHECKS
    return good(CONFIGURATION, f"configuration of {config.release_label} is valid"), {
        service: lambda: check_service(config),
        role: lambda: check_role(config),
    }


def check_service(config: ServerlessConfig) -> Finding:
    """Check that the caller may use the service, and that a named application fits."""
    name, region = "EMR Serverless", region_name()
    try:
        if known := config.application_id:
            answer = api(SERVICE, region).ask("get_application", applicationId=known)
            found = answer["application"]
        else:
            api(SERVICE, region).ask("list_applications", states=list(USABLE), maxResults=1)
            return good(name, f"answers in {region}")
    except AWS_ERRORS as error:
        return refused(name, error, config.application_id or "")
    if found["releaseLabel"] != config.release_label:
        fix = f"set `release_label: {found['releaseLabel']}`, or name another application"
        return bad(name, f"application {known} has {found['releaseLabel']}", fix)
    return good(name, f"application {known} is {found['state']}")


def check_role(config: ServerlessConfig) -> Finding:
    """Check that the execution role exists, and that the service may assume it."""
    return check_any_role(
        region_name() or "",
        "execution role",
        config.execution_role,
        "`execution_role`",
        (SERVERLESS_SERVICE,),
    )
