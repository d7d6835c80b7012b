"""Which Spark jobs a run has left, and the end of what it keeps up once there are none."""

import threading
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from logging import Logger

import dagster as dg

from emr_ml.errors import user_message
from emr_ml.launchers.base import Launcher

KIND_TAG = "dagster/kind/spark"
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def jobs_remain(context: dg.AssetExecutionContext, without: Collection[str] = ()) -> bool:
    """Return whether the run may launch a Spark job besides those of this asset and before it.

    Args:
        context: of the asset.
        without: names of assets of the same pipeline that are known not to launch one.
    """
    layer, own = context.job_def.asset_layer, context.asset_key
    past = {own, *layer.asset_graph.get_ancestor_asset_keys(own)}
    past |= {dg.AssetKey([*own.path[:-1], name]) for name in without}
    selected = context.run.asset_selection or layer.selected_asset_keys
    return any(KIND_TAG in layer.get(key).tags for key in selected if key not in past)


@contextmanager
def finishing(context: dg.AssetExecutionContext, launcher: Launcher) -> Generator[None]:
    """End, while the block runs, what only this run keeps up: it has launched its last job."""
    if not launcher.keeps_up:
        yield
        return
    arguments = (context.instance, context.run.run_id, lambda: launcher, context.log)
    thread = threading.Thread(target=finish_run, args=arguments, name="finish-run")
    thread.start()
    try:
        yield
    finally:
        thread.join()


def finish_run(
    instance: dg.DagsterInstance, run_id: str, make: Callable[[], Launcher], log: Logger
) -> None:
    """End what was kept up for a run, unless other runs may want it; errors are only logged."""
    try:
        others = instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY), limit=2)
        others_wait = any(run.run_id != run_id for run in others)
        make().finish(run_id, log, others_wait=others_wait)
    except Exception as error:
        # what is over is over; whatever stays up ends by its own timeout
        log.warning(
            "what this run started stays up until its idle timeout: %s",
            user_message(error) or repr(error),
        )
