"""In which processes the steps of a run are executed."""

import dagster as dg

from emr_ml.settings import Settings

MOST_WAITING_PROCESSES = 32


def executor_of(settings: Settings) -> dg.ExecutorDefinition:
    """One process for a local run, so that its jobs share one JVM; else one for each step.

    A step on EMR does nothing but wait, so many more may wait than there are cores.
    """
    if settings.deployment == "local":
        return dg.in_process_executor
    start = {"forkserver": {"preload_modules": ["emr_ml.definitions"]}}
    return dg.multiprocess_executor.configured(
        {"max_concurrent": MOST_WAITING_PROCESSES, "start_method": start}
    )
