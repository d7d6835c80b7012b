"""The message about a failure, and its advice."""

import pytest

from emr_ml.launchers.emr.cluster_state import Step
from emr_ml.launchers.emr.failures import ADVICE, step_failed
from emr_ml.launchers.remote.failures import advice_for
from emr_ml.launchers.remote.log_tail import Tail
from emr_ml.launchers.remote.target import JobLocation


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("InsufficientFreeAddressesInSubnet: there are not enough", "no free addresses"),
        ("INSTANCE_FLEET_TIMEOUT", "more instance types"),
        ("MemoryStore started with capacity 434.4 MiB\njava.lang.OutOfMemoryError", "out of mem"),
        ("ended with exit code 137", "out of memory"),
        ("User is not authorized to perform: elasticmapreduce:RunJobFlow", "lacks a permission"),
        ("Invalid InstanceProfile: x.", "`instance_profile`"),
        ("ModuleNotFoundError: No module named 'numpy'", "bootstrap action"),
        ("No space left on device", "`root_volume_gb`"),
        ("The subnet subnet-0a1b does not exist", "`subnets`"),
    ],
)
def test_a_known_cause_gets_its_own_advice(said: str, expected: str) -> None:
    assert expected in advice_for(said, ADVICE)


@pytest.mark.parametrize(
    "said", ["ValueError: the job broke down", "In a subnet without a way out, set `packages`"]
)
def test_an_unknown_cause_gets_no_advice(said: str) -> None:
    assert advice_for(said, ADVICE) == ""


@pytest.mark.parametrize(
    "said", ["KeyError: 'role'", "no column 'Security group'", "the service role of a person"]
)
def test_words_of_a_job_s_own_log_get_no_advice_about_the_cluster(said: str) -> None:
    job = JobLocation("metrics", 1, "step s-1 of cluster j-1", "s3://logs/s-1")
    listed = Step("s-1", "metrics", "FAILED", {"Message": said})

    failure = str(step_failed(job, listed, None, Tail("s3://logs/s-1", (said,)), Tail("")))

    assert "check `" not in failure
