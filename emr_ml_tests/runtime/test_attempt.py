"""Who may run an attempt, and why it failed."""

import pytest

from emr_ml_tests.processes import Racers
from spark_jobs.runtime.attempt import (
    Failure,
    SupersededError,
    begin,
    check_claim,
    read_failure,
    record_failure,
)
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import claim_key

VERSION = "0123456789abcdef" * 2


def request(attempt: int) -> Request:
    return Request("metrics", VERSION, attempt, "/lake", "/lake/out", {}, {}, {}, "c", "4.1.1")


def test_the_claimed_attempt_may_go_on(lake: Lake) -> None:
    lake.write_json(claim_key("metrics", VERSION), {"attempt": 2})
    check_claim(lake, request(2))


def test_a_superseded_attempt_is_told_which_one_to_follow(lake: Lake) -> None:
    lake.write_json(claim_key("metrics", VERSION), {"attempt": 3})
    with pytest.raises(JobError, match=r"attempt 2 of metrics .* the claim names attempt 3"):
        check_claim(lake, request(2))


def test_an_attempt_that_nobody_claimed_is_refused(folder_lake: Lake) -> None:
    with pytest.raises(JobError, match="attempt None"):
        check_claim(folder_lake, request(1))


def started(root: str) -> bool:
    try:
        begin(open_lake(root), request(1))
    except SupersededError:
        return False
    return True


def test_an_attempt_that_was_sent_twice_is_run_once(lake: Lake, racers: Racers) -> None:
    lake.write_json(claim_key("metrics", VERSION), {"attempt": 1})
    assert sum(racers.race(started, lake.root)) == 1


def test_who_comes_second_is_told_what_to_do(folder_lake: Lake) -> None:
    folder_lake.write_json(claim_key("metrics", VERSION), {"attempt": 1})
    begin(folder_lake, request(1))
    with pytest.raises(SupersededError, match=r"started already.*remove .*_job/started\.json"):
        begin(folder_lake, request(1))


def test_a_superseded_attempt_does_not_even_begin(folder_lake: Lake) -> None:
    folder_lake.write_json(claim_key("metrics", VERSION), {"attempt": 2})
    with pytest.raises(SupersededError, match="the claim names attempt 2"):
        begin(folder_lake, request(1))
    folder_lake.write_json(claim_key("metrics", VERSION), {"attempt": 1})
    begin(folder_lake, request(1))


def test_the_first_who_says_why_an_attempt_failed_is_believed(lake: Lake) -> None:
    record_failure(lake, request(1), Failure("no such column", by_user=True))
    record_failure(lake, request(1), Failure("the step failed"))
    assert read_failure(lake, "metrics", VERSION, 1) == Failure("no such column", by_user=True)


def test_an_attempt_of_which_nobody_said_anything_has_no_failure(folder_lake: Lake) -> None:
    assert read_failure(folder_lake, "metrics", VERSION, 1) is None
