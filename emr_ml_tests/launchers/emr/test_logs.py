"""Where EMR copies the logs of steps and bootstrap actions."""

import gzip
import time
from typing import TYPE_CHECKING

from emr_ml.launchers.emr.logs import Logs

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3


def test_the_log_of_a_step_is_found_below_its_cluster(s3: "S3") -> None:
    s3.put("logs/j-1/steps/s-1/stderr.gz", gzip.compress(b"it broke\n"))
    tail = Logs(s3.uri("logs/")).step("j-1", "s-1", "stderr", wait=0, pause=0.1)
    assert tail.lines == ("it broke",)
    assert tail.uri == s3.uri("logs/j-1/steps/s-1/stderr.gz")


def test_the_scheme_that_emr_answers_with_is_read_too(s3: "S3") -> None:
    s3.put("logs/j-1/steps/s-1/stderr.gz", gzip.compress(b"it broke\n"))
    address = s3.uri("logs").replace("s3://", "s3n://")
    assert Logs(address).step("j-1", "s-1", "stderr", wait=0, pause=0.1).lines


def test_a_missing_log_is_awaited_and_then_named(s3: "S3") -> None:
    started = time.monotonic()
    tail = Logs(s3.uri("logs")).step("j-1", "s-1", "stderr", wait=0.5, pause=0.1)
    assert time.monotonic() - started > 0.5
    assert tail.lines == ()
    assert tail.problem == "it is not there yet: EMR copies logs within five minutes"


def test_an_unreadable_bucket_is_named_without_waiting(s3: "S3") -> None:
    tail = Logs(f"s3://not-{s3.bucket}/logs").step("j-1", "s-1", "stderr", 60, 0.1)
    assert tail.problem.startswith("it can't be read")


def test_the_error_of_a_bootstrap_action_is_found_on_any_node(s3: "S3") -> None:
    s3.put("logs/j-1/node/i-7/bootstrap-actions/1/stdout.gz", gzip.compress(b"fine so far\n"))
    s3.put("logs/j-1/node/i-7/bootstrap-actions/1/stderr.gz", gzip.compress(b"no network\n"))
    s3.put("logs/j-1/node/i-7/daemons/instance-state.log.gz", gzip.compress(b"idle\n"))
    assert Logs(s3.uri("logs")).bootstrap("j-1", 0, 0.1).lines == ("no network",)
