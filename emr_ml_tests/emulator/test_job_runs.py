"""What is planned to go wrong with a job run goes wrong on each service that has job runs."""

import gzip
from typing import Any

import pytest

from emr_ml_tests.emulator.conftest import EksLab, ServerlessLab
from emr_ml_tests.emulator.faults import hung_step, slow_start, step_logs
from emr_ml_tests.emulator.job_runs import JobRun, Tokens, page
from emr_ml_tests.emulator.world import AwsError, invalid
from emr_ml_tests.waiting import wait_until

QUICK = b"print('hello')"


@pytest.fixture(params=["serverless", "eks"])
def lab(request: pytest.FixtureRequest) -> ServerlessLab | EksLab:
    return request.getfixturevalue(request.param)


def start(lab: ServerlessLab | EksLab, **more: Any) -> JobRun:
    if isinstance(lab, EksLab):
        return lab.start(QUICK, **more)
    return lab.start(lab.create(), QUICK, **more)


@pytest.mark.parametrize("how", ["sleeping", "unnoticed"])
def test_a_hung_job_run_runs_until_it_is_cancelled(lab: ServerlessLab | EksLab, how: Any) -> None:
    lab.aws.faults.add(hung_step("one", how))
    job = start(lab)
    wait_until(lambda: job.program)
    wait_until(lambda: how == "sleeping" or (job.program and job.program.poll() == 0))

    assert job.state == "RUNNING"
    if isinstance(lab, EksLab):
        lab.client.cancel_job_run(id=job.id, virtualClusterId=job.owner)
    else:
        lab.client.cancel_job_run(applicationId=job.owner, jobRunId=job.id)
    wait_until(lambda: job.ended)
    # the unnoticed one had ended well before
    succeeded = "COMPLETED" if isinstance(lab, EksLab) else "SUCCESS"
    assert job.state == ("CANCELLED" if how == "sleeping" else succeeded)


def test_logs_may_be_cut_off_and_workers_late(lab: ServerlessLab | EksLab) -> None:
    lab.aws.faults.add(slow_start(600, "one"), step_logs("truncated", "one"))
    job = start(lab)

    wait_until(lambda: job.ended)

    assert job.started and job.started - job.created > 600
    s3, bucket = lab.bucket.client, lab.bucket.bucket

    def stored() -> list[str]:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="logs/").get("Contents", [])
        keys = [one.get("Key", "") for one in listed]
        return [key for key in keys if key.lower().endswith("driver/stdout.gz")]

    wait_until(stored)
    with pytest.raises(EOFError):
        gzip.decompress(s3.get_object(Bucket=bucket, Key=stored()[0])["Body"].read())


def test_a_token_is_remembered_with_its_whole_request() -> None:
    tokens = Tokens[str](invalid)
    request = {"clientToken": "t", "tags": {"a": "b"}}

    assert tokens.find(request) is None
    assert tokens.add(request, "made") == "made"
    request["tags"] = {"a": "b"}
    assert tokens.find(request) == "made"
    assert tokens.find({**request, "clientToken": "other"}) is None
    with pytest.raises(AwsError, match="other parameters"):
        tokens.find({**request, "tags": {"a": "c"}})


def test_a_page_has_as_many_items_as_both_sides_allow() -> None:
    first, token = page("abcde", {"maxResults": 4}, 2)
    rest, last = page("abcde", {"nextToken": token}, 50)

    assert (first, rest, last) == (["a", "b"], ["c", "d", "e"], None)
    with pytest.raises(AwsError, match="nextToken"):
        page("abcde", {"nextToken": "x"}, 2)
