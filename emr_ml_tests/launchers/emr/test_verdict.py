"""What EMR's listings mean for an attempt."""

import pytest

from emr_ml.launchers.emr.looks import Look
from emr_ml.launchers.emr.states import Cluster, Step
from emr_ml.launchers.emr.verdict import Verdict, verdict

NAME = "metrics 0123456789abcdef #1"


def look(*states: str, cluster: str = "RUNNING", code: str = "") -> Look:
    """A cluster with a step of somebody else, and steps of ours in these states, newest first."""
    steps = [Step(f"s-{number}", NAME, state) for number, state in enumerate(states)]
    return Look(Cluster("j-1", cluster, code), (Step("s-x", "other", "FAILED"), *steps))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (look("PENDING"), Verdict.GOES_ON),
        (look("RUNNING"), Verdict.GOES_ON),
        (look("CANCEL_PENDING"), Verdict.GOES_ON),
        (look("PENDING", cluster="STARTING"), Verdict.GOES_ON),
        (look("COMPLETED"), Verdict.ENDED),
        (look("COMPLETED", cluster="TERMINATED", code="ALL_STEPS_COMPLETED"), Verdict.ENDED),
        (look("FAILED"), Verdict.FAILED),
        (look("FAILED", cluster="TERMINATED", code="ALL_STEPS_COMPLETED"), Verdict.FAILED),
        (look("CANCELLED"), Verdict.CANCELLED),
        (look("CANCELLED", cluster="TERMINATING"), Verdict.LOST),
        (look("INTERRUPTED"), Verdict.LOST),
        (
            look("FAILED", cluster="TERMINATED_WITH_ERRORS", code="INSTANCE_FAILURE"),
            Verdict.LOST,
        ),
        # EMR may go on showing the steps of a broken cluster as they were
        (look("RUNNING", cluster="TERMINATED_WITH_ERRORS"), Verdict.LOST),
        (look("PENDING", cluster="TERMINATED"), Verdict.LOST),
        # on a cluster that is ending, a step may still end well
        (look("RUNNING", cluster="TERMINATING"), Verdict.GOES_ON),
    ],
)
def test_the_step_tells_and_not_the_cluster(seen: Look, expected: Verdict) -> None:
    assert verdict(seen, NAME)[0] is expected


def test_a_step_that_is_not_listed_yet_goes_on() -> None:
    assert verdict(look(), NAME) == (Verdict.GOES_ON, None)


def test_a_step_that_was_never_listed_is_lost_with_its_cluster() -> None:
    assert verdict(look(cluster="TERMINATED"), NAME) == (Verdict.LOST, None)


def test_a_step_that_was_sent_twice_goes_on_while_one_of_the_two_does() -> None:
    found, step = verdict(look("COMPLETED", "RUNNING"), NAME)
    assert found is Verdict.GOES_ON
    assert step and step.id == "s-1"
