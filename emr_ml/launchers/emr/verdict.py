"""What EMR's listings say of an attempt; the report in the lake has said nothing yet."""

from enum import Enum

from emr_ml.launchers.emr.looks import Look
from emr_ml.launchers.emr.states import Step


class Verdict(Enum):
    """An attempt's state by EMR's word."""

    GOES_ON = "it is listed as alive, or not listed yet"
    ENDED = "its process ended well: the report must be there"
    FAILED = "its process failed"
    CANCELLED = "somebody cancelled it on a cluster that lives"
    LOST = "its cluster or its node is gone, and it was not over"


def verdict(look: Look, name: str) -> tuple[Verdict, Step | None]:
    """The state of the steps of that name, and the one that tells it.

    A step that was sent twice goes on while one of the two does: only one of them computes.
    """
    steps = look.named(name)
    live = next((step for step in steps if step.is_live), None)
    ended = steps[0] if steps else None
    if look.cluster.is_gone and (live or not steps):
        return Verdict.LOST, live
    if live or ended is None:
        return Verdict.GOES_ON, live
    failed = next((step for step in steps if step.state == "FAILED"), None)
    if failed:
        # steps that were running when their cluster broke down are listed as failed, too
        return (Verdict.LOST if broke_down(look) else Verdict.FAILED), failed
    if any(step.state == "COMPLETED" for step in steps):
        return Verdict.ENDED, ended
    if ended.state == "CANCELLED" and look.cluster.is_live:
        return Verdict.CANCELLED, ended
    return Verdict.LOST, ended


def broke_down(look: Look) -> bool:
    """Whether the cluster ended through no fault of its steps."""
    return look.cluster.code in ("INSTANCE_FAILURE", "INTERNAL_ERROR")
