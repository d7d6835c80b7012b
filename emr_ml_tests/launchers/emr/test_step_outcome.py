"""What EMR's listings mean for an attempt."""

import pytest

from emr_ml.launchers.emr.cluster_state import (
    Cluster,
    ClusterSnapshot,
    Step,
    step_outcome,
)
from emr_ml.launchers.remote.target import JobOutcome

NAME = "metrics 0123456789abcdef #1"


def look(*states: str, cluster: str = "RUNNING", code: str = "") -> ClusterSnapshot:
    """A cluster with a step of somebody else, and steps of ours in these states, newest first."""
    steps = [Step(f"s-{number}", NAME, state) for number, state in enumerate(states)]
    return ClusterSnapshot(Cluster("j-1", cluster, code), (Step("s-x", "other", "FAILED"), *steps))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (look("PENDING"), JobOutcome.UNFINISHED),
        (look("RUNNING"), JobOutcome.UNFINISHED),
        (look("CANCEL_PENDING"), JobOutcome.UNFINISHED),
        (look("PENDING", cluster="STARTING"), JobOutcome.UNFINISHED),
        (look("COMPLETED"), JobOutcome.SUCCEEDED),
        (look("COMPLETED", cluster="TERMINATED", code="ALL_STEPS_COMPLETED"), JobOutcome.SUCCEEDED),
        (look("FAILED"), JobOutcome.FAILED),
        (look("FAILED", cluster="TERMINATED", code="ALL_STEPS_COMPLETED"), JobOutcome.FAILED),
        (look("CANCELLED"), JobOutcome.CANCELLED),
        (look("CANCELLED", cluster="TERMINATING"), JobOutcome.LOST),
        (look("INTERRUPTED"), JobOutcome.LOST),
        (
            look("FAILED", cluster="TERMINATED_WITH_ERRORS", code="INSTANCE_FAILURE"),
            JobOutcome.LOST,
        ),
        # EMR may go on showing the steps of a broken cluster as they were
        (look("RUNNING", cluster="TERMINATED_WITH_ERRORS"), JobOutcome.LOST),
        (look("PENDING", cluster="TERMINATED"), JobOutcome.LOST),
        # on a cluster that is ending, a step may still end well
        (look("RUNNING", cluster="TERMINATING"), JobOutcome.UNFINISHED),
    ],
)
def test_the_step_decides_the_outcome_and_not_the_cluster(
    seen: ClusterSnapshot, expected: JobOutcome
) -> None:
    assert step_outcome(seen, NAME)[0] is expected


def test_a_step_that_is_not_listed_yet_is_unfinished() -> None:
    assert step_outcome(look(), NAME) == (JobOutcome.UNFINISHED, None)


def test_a_step_that_was_never_listed_is_lost_with_its_cluster() -> None:
    assert step_outcome(look(cluster="TERMINATED"), NAME) == (JobOutcome.LOST, None)


def test_a_step_that_was_sent_twice_is_unfinished_while_either_runs() -> None:
    found, step = step_outcome(look("COMPLETED", "RUNNING"), NAME)
    assert found is JobOutcome.UNFINISHED
    assert step and step.id == "s-1"
