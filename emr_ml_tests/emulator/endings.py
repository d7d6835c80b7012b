"""Why clusters end, in EMR's codes and words."""

from dataclasses import dataclass, field
from typing import Any

from emr_ml_tests.emulator.bootstrap import BootstrapFailure
from emr_ml_tests.emulator.steps import Step

ROLES = {"MASTER": "master", "CORE": "core", "TASK": "task"}


@dataclass(frozen=True)
class Ending:
    """A reason to end. `steps_left` is the state in which active steps are left, if not CANCELLED.

    `processes_survive` leaves their processes running, as on a machine that only seems lost.
    """

    code: str
    message: str
    errors: bool = False
    details: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    steps_left: str | None = None
    processes_survive: bool = False


STEPS_DONE = Ending("ALL_STEPS_COMPLETED", "Steps completed")
IDLE = Ending("ALL_STEPS_COMPLETED", "Cluster terminated by its auto-termination policy: idle")
USER = Ending("USER_REQUEST", "Terminated by user request")


def of_step(step: Step) -> Ending:
    message = f"Shut down as step failed: {step.id}"
    return Ending("STEP_FAILURE", message, errors=True)


def of_bootstrap(failure: BootstrapFailure, instance: str, role: str, log_uri: str) -> Ending:
    """The end of a cluster whose bootstrap action failed."""
    where = f"On the {ROLES.get(role, 'core')} instance ({instance}), bootstrap action"
    kind = "PRIMARY" if role == "MASTER" else role
    if failure.exit_code is None:
        code = f"BOOTSTRAP_FAILURE_FILE_NOT_FOUND_{kind}"
        message = f"{where} {failure.action} could not be downloaded: {failure.path}"
    else:
        code = f"BOOTSTRAP_FAILURE_{kind}_WITH_NON_ZERO_CODE"
        message = f"{where} {failure.action} returned a non-zero return code"
    data = {
        "instance-id": instance,
        "bootstrap-action": str(failure.action),
        "return-code": str(failure.exit_code),
        "amazon-s3-path": log_uri,
    }
    detail = {"ErrorCode": code, "ErrorMessage": message, "ErrorData": [data]}
    return Ending("BOOTSTRAP_FAILURE", message, errors=True, details=[detail])


def of_instance(left: str, *, survives: bool) -> Ending:
    """The loss of the primary node in the middle of a step."""
    message = "The master node was terminated. Master instance shut down"
    return Ending(
        "INSTANCE_FAILURE",
        message,
        errors=True,
        details=[{"ErrorCode": "INSTANCE_FAILURE", "ErrorMessage": message, "ErrorData": []}],
        steps_left=left,
        processes_survive=survives,
    )
