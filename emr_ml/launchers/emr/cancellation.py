"""Cancel a step: gracefully, then by force."""

import time
from logging import Logger

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.launchers.emr.cluster_state import STEP_LIVE, describe_step
from emr_ml.launchers.remote.polling import PollingPolicy

# with the first, EMR sends SIGTERM to the step's process; with the second, SIGKILL to that process
# and to all processes that it has started
CANCEL_OPTIONS = ("SEND_INTERRUPT", "TERMINATE_PROCESS")


def cancel_step(api: Api, cluster: str, step: str, polling: PollingPolicy, log: Logger) -> bool:
    """Cancel a step, gracefully and then by force, and return whether it has ended.

    A step that has already ended is no error, and other steps of the cluster keep running.
    """
    try:
        for option in CANCEL_OPTIONS:
            log.info("cancelling step %s of cluster %s (%s)", step, cluster, option)
            api.ask(
                "cancel_steps", ClusterId=cluster, StepIds=[step], StepCancellationOption=option
            )
            if _wait_for_end(api, cluster, step, polling, log):
                return True
    except AWS_ERRORS as error:
        log.warning("EMR did not confirm the end of step %s: %s", step, error)
    log.error(
        "step %s of cluster %s may still run. Cancel it with: aws emr cancel-steps --cluster-id %s "
        "--step-ids %s --step-cancellation-option %s",
        *(step, cluster, cluster, step, CANCEL_OPTIONS[-1]),
    )
    return False


def _wait_for_end(api: Api, cluster: str, step: str, polling: PollingPolicy, log: Logger) -> bool:
    deadline = time.monotonic() + polling.cancellation
    while time.monotonic() < deadline:
        listed = describe_step(api, cluster, step)
        # a step may be missing from listings for some seconds after it was added
        if listed and listed.state not in STEP_LIVE:
            log.info("step %s is %s", step, listed.state)
            return True
        time.sleep(max(polling.fast, polling.cancellation / 15))
    return False
