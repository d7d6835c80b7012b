"""The end of a step that nobody wants any more."""

import time
from logging import Logger

from emr_ml.launchers.emr.api import AWS_ERRORS, Api
from emr_ml.launchers.emr.pace import Pace
from emr_ml.launchers.emr.states import STEP_LIVE

# EMR sends SIGTERM to the step's process, then SIGKILL to it and all that it started
GRACEFUL, HARD = "SEND_INTERRUPT", "TERMINATE_PROCESS"


def cancel_step(api: Api, cluster: str, step: str, pace: Pace, log: Logger) -> bool:
    """Cancel a step, gracefully and then hard, and wait for its end; whether it has ended.

    Other steps of the cluster are left alone. A step that ended meanwhile is no error.
    """
    try:
        for how in (GRACEFUL, HARD):
            log.info("cancelling step %s of cluster %s (%s)", step, cluster, how)
            api.ask("cancel_steps", ClusterId=cluster, StepIds=[step], StepCancellationOption=how)
            until = time.monotonic() + pace.cancellation
            while time.monotonic() < until:
                state = _state(api, cluster, step)
                if state not in STEP_LIVE:
                    log.info("step %s is %s", step, state)
                    return True
                time.sleep(max(pace.fast, pace.cancellation / 15))
    except AWS_ERRORS as error:
        log.warning("EMR did not confirm the end of step %s: %s", step, error)
    log.error(
        "step %s of cluster %s may still run. End it with: aws emr cancel-steps --cluster-id %s "
        "--step-ids %s --step-cancellation-option %s",
        *(step, cluster, cluster, step, HARD),
    )
    return False


def _state(api: Api, cluster: str, step: str) -> str:
    listed = api.ask("list_steps", ClusterId=cluster, StepIds=[step])["Steps"]
    # a step may be missing from listings for some seconds after it was added
    return listed[0]["Status"]["State"] if listed else "PENDING"
