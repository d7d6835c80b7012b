"""How `launch` reuses, leases, follows and retries, with jobs that only commit."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from emr_ml.lake.leases import HeldLease, LeaseFile
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import AttemptResult, Launcher, LaunchError, LostError
from spark_jobs.runtime.attempt import Failure, check_lease, read_failure
from spark_jobs.runtime.execution import build_report
from spark_jobs.runtime.job import JobError, Request, Result
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import commit, lease_key, read_commit

LOG = logging.getLogger("test")
WORK = VersionSpec("metrics", "run-1", {}, {}, {"depth": 3}, "code", "4.1.1")
CLAIM = lease_key(WORK.asset, WORK.version)


class QuickLauncher(Launcher):
    """Commits at once, after a callback of the test."""

    def __init__(self, lake: Lake, before_commit: Callable[[Request], None] | None = None) -> None:
        super().__init__(lake, poll_seconds=0.02)
        self.before_commit = before_commit
        self.computed: list[int] = []

    @property
    def spark(self) -> str:
        return "4.1.1"

    def compute(
        self,
        request: Request,
        module: str,  # noqa: ARG002 - it commits without a job
        held: HeldLease,
        log: logging.Logger,
    ) -> AttemptResult:
        log.info("computing attempt %s", held.lease.attempt)
        self.computed.append(request.attempt)
        over = read_commit(self.lake, request.asset, request.version)
        if self.before_commit:
            self.before_commit(request)
        check_lease(self.lake, request)
        report = build_report(self.lake, request, Result({"in": 1}, {}, {}), "now")
        return AttemptResult(commit(self.lake, report, over.etag if over else None), {})


@pytest.fixture(name="lake")
def fixture_lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path))


def test_a_missing_version_is_computed_and_a_committed_one_is_reused(lake: Lake) -> None:
    launcher = QuickLauncher(lake)

    outcomes = [launcher.launch(WORK, LOG) for _ in range(3)]

    assert [outcome.reused for outcome in outcomes] == [False, True, True]
    assert launcher.computed == [1]


def test_the_request_of_each_attempt_is_kept(lake: Lake) -> None:
    QuickLauncher(lake).launch(WORK, LOG)

    stored = lake.read(f"metrics/{WORK.version}/attempts/1/_job/request.json")
    assert stored
    assert Request.of(stored.json()).params == {"depth": 3}


def test_a_launch_follows_a_live_lease_to_its_report(lake: Lake) -> None:
    may_commit = threading.Event()
    owner = QuickLauncher(lake, lambda _: (may_commit.wait(30), None)[1])
    follower = QuickLauncher(lake)
    owning = threading.Thread(target=owner.launch, args=(WORK, LOG))
    owning.start()
    while LeaseFile(lake, CLAIM).read() is None:
        threading.Event().wait(0.01)
    threading.Timer(0.3, may_commit.set).start()

    outcome = follower.launch(WORK, LOG)

    owning.join()
    assert outcome.reused
    assert (owner.computed, follower.computed) == ([1], [])


def test_an_owner_that_was_superseded_takes_the_result_of_its_successor(lake: Lake) -> None:
    successor = QuickLauncher(lake)

    def taken_over(_: Request) -> None:
        lease_file = LeaseFile(lake, CLAIM, duration=0.0)
        lease_file.acquire("run-2")
        threading.Event().wait(0.01)
        held = lease_file.acquire("run-2")
        assert held
        request = replace(
            Request("metrics", WORK.version, 2, lake.root, "", {}, {}, {}, "code", "4.1.1"),
            output=lake.uri("metrics/elsewhere"),
        )
        successor.compute(request, "", held, LOG)

    outcome = QuickLauncher(lake, taken_over).launch(WORK, LOG)

    assert outcome.reused
    assert outcome.report.attempt == 2


def test_concurrent_forced_launches_compute_once(lake: Lake) -> None:
    QuickLauncher(lake).launch(WORK, LOG)
    launchers = [QuickLauncher(lake) for _ in range(2)]
    start = threading.Barrier(2)

    def pause(_: Request) -> None:
        threading.Event().wait(0.2)

    def force(launcher: QuickLauncher) -> None:
        launcher.before_commit = pause
        start.wait()
        launcher.launch(replace(WORK, force=True), LOG)

    threads = [threading.Thread(target=force, args=(launcher,)) for launcher in launchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(attempt for launcher in launchers for attempt in launcher.computed) == [2]


def test_followers_of_an_attempt_that_failed_by_a_user_mistake_fail_with_it(lake: Lake) -> None:
    may_fail = threading.Event()

    def fail(_: Request) -> None:
        may_fail.wait(30)
        raise JobError("no such column")

    owner, follower = QuickLauncher(lake, fail), QuickLauncher(lake)
    owning = threading.Thread(target=launch_badly, args=(owner,))
    owning.start()
    while LeaseFile(lake, CLAIM).read() is None:
        threading.Event().wait(0.01)
    threading.Timer(0.3, may_fail.set).start()

    with pytest.raises(LaunchError, match="no such column"):
        follower.launch(WORK, LOG)

    owning.join()
    assert follower.computed == []


def launch_badly(launcher: Launcher) -> None:
    with pytest.raises(JobError):
        launcher.launch(WORK, LOG)


def test_a_lost_attempt_is_followed_by_a_new_one(lake: Lake) -> None:
    def lose_the_first(request: Request) -> None:
        if request.attempt == 1:
            raise LostError("the cluster is gone")

    outcome = QuickLauncher(lake, lose_the_first).launch(WORK, LOG)

    assert (outcome.report.attempt, outcome.reused) == (2, False)


def test_the_third_lost_attempt_is_the_last(lake: Lake) -> None:
    def lose(_: Request) -> None:
        raise LostError("the cluster is gone")

    launcher = QuickLauncher(lake, lose)
    with pytest.raises(LostError, match="the cluster is gone"):
        launcher.launch(WORK, LOG)

    assert launcher.computed == [1, 2, 3]


def test_the_reason_of_a_failure_is_stored_beside_the_request(lake: Lake) -> None:
    def fail(_: Request) -> None:
        raise JobError("no such column")

    with pytest.raises(JobError):
        QuickLauncher(lake, fail).launch(WORK, LOG)

    failure = read_failure(lake, WORK.asset, WORK.version, 1)
    assert failure == Failure("no such column", by_user=True)


def test_force_recomputes_a_report_whose_lease_was_removed(lake: Lake) -> None:
    QuickLauncher(lake).launch(WORK, LOG)
    (Path(lake.root) / "metrics" / WORK.version / "claim.json").unlink()

    outcome = QuickLauncher(lake).launch(replace(WORK, force=True), LOG)

    assert outcome.report.attempt == 2


def test_a_version_that_another_asset_has_already_is_copied_instead_of_computed(lake: Lake) -> None:
    launcher = QuickLauncher(lake)
    launcher.launch(WORK, LOG)
    same = replace(WORK, asset="champion_metrics", same_as=WORK)

    outcome = launcher.launch(same, LOG)

    assert launcher.computed == [1]
    assert (outcome.report.asset, outcome.reused) == ("champion_metrics", False)
    assert read_commit(lake, "champion_metrics", same.version)


def test_a_job_that_was_sent_somewhere_is_resumed_and_not_copied_over(lake: Lake) -> None:
    launcher = QuickLauncher(lake)
    launcher.attempts_resumable = True
    launcher.launch(WORK, LOG)
    same = replace(WORK, asset="champion_metrics", same_as=WORK)
    sent = LeaseFile(lake, lease_key(same.asset, same.version), duration=0.0).acquire("killed")
    assert sent
    sent.record(step="s-1")
    sent.detach()
    with sent.renewing(LOG):
        pass

    outcome = launcher.launch(same, LOG)

    assert launcher.computed == [1, 1]
    assert outcome.report.attempt == 1


def test_a_job_error_fails_the_launch(lake: Lake) -> None:
    def fail(_: Request) -> None:
        raise JobError("no such column")

    with pytest.raises(JobError, match="no such column"):
        QuickLauncher(lake, fail).launch(WORK, LOG)

    assert QuickLauncher(lake).launch(WORK, LOG).report.attempt == 2
