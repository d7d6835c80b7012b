"""Planned faults of pods; those of calls are `throttle`, `cut` and the others for AWS."""

from emr_ml_tests.emulator.faults import Fault

UNSCHEDULABLE, EVICTED, OUT_OF_MEMORY, NODE_LOST = (
    "unschedulable",
    "evicted",
    "out of memory",
    "node lost",
)
AFTER_START = (EVICTED, OUT_OF_MEMORY, NODE_LOST)


def unschedulable(pod: str = "*", seconds: float = 3600.0, times: int | None = 1) -> Fault:
    """No node has room for the pod, for so many seconds."""
    return Fault(UNSCHEDULABLE, pod, times, detail={"seconds": seconds})


def evicted(pod: str = "*", after: float = 0.5, times: int | None = 1) -> Fault:
    """The node runs out of disk, so many seconds after the pod's container started."""
    return Fault(EVICTED, pod, times, detail={"after": after})


def out_of_memory(pod: str = "*", after: float = 0.5, times: int | None = 1) -> Fault:
    """The container is killed for its memory."""
    return Fault(OUT_OF_MEMORY, pod, times, detail={"after": after})


def node_lost(
    pod: str = "*",
    after: float = 0.5,
    times: int | None = 1,
    *,
    process_survives: bool = False,
    removed_after: float | None = None,
) -> Fault:
    """The API server no longer hears of the node: the pod's phase becomes Unknown.

    A pod that is then deleted stays, terminating, until it is deleted with a grace period of 0 or
    the node's own object is removed, `removed_after` seconds later.
    """
    detail = {"after": after, "survives": process_survives, "removed_after": removed_after}
    return Fault(NODE_LOST, pod, times, detail=detail)
