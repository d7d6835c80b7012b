"""The story that every launcher tells, and the one part in which they differ."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from logging import Logger
from typing import Any

from emr_ml.claims import Claims, Held
from emr_ml.versions import version_of
from spark_jobs.runtime.job import Input, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import (
    Committed,
    Report,
    SupersededError,
    attempt_key,
    read_report,
    request_key,
)


class LaunchError(Exception):
    """A job failed: the message names the cause, the attempt, where the log is, what to do."""


@dataclass(frozen=True)
class Work:
    """A version that is wanted: all that a request has, but for the attempt."""

    asset: str
    run_id: str
    inputs: Mapping[str, Input]
    contract: Mapping[str, Any]
    params: Mapping[str, Any]
    code: str
    spark: str
    force: bool = False

    @cached_property
    def version(self) -> str:
        return version_of(
            self.asset,
            code=self.code,
            contract=self.contract,
            params=self.params,
            inputs={name: given.version for name, given in self.inputs.items()},
            spark=self.spark,
        )


@dataclass(frozen=True)
class Outcome:
    """A committed report, and whether it was there already or somebody else computed it."""

    report: Report
    reused: bool


class Launcher(ABC):
    """Gets a wanted version committed, exactly once however many ask for it."""

    def __init__(self, lake: Lake, poll_seconds: float) -> None:
        self.lake = lake
        self.poll_seconds = poll_seconds

    @property
    @abstractmethod
    def spark(self) -> str:
        """The release of Spark that jobs will find."""

    @abstractmethod
    def compute(self, request: Request, log: Logger) -> Report:
        """Run the claimed attempt to its commit.

        Raises:
            JobError, LaunchError: the cause, in words for the user.
        """

    def launch(self, work: Work, log: Logger) -> Outcome:
        """Committed: reuse. Claimed by another: follow. Else claim and compute.

        With `force`, only a report newer than the one that stands now will do.
        """
        claims = Claims(self.lake, work.asset, work.version)
        before = read_report(self.lake, work.asset, work.version) if work.force else None
        followed = 0
        while True:
            if found := self._committed(work, before):
                return Outcome(found, reused=True)
            if held := claims.take(work.run_id, past=before.report.attempt if before else 0):
                try:
                    return self._compute_as(held, work, before, log)
                except SupersededError as reason:
                    log.warning("%s", reason)
            followed = self._follow(claims, followed, log)

    def _committed(self, work: Work, before: Committed | None) -> Report | None:
        """The report of the version, unless it is the one that a forced run is to replace."""
        committed = read_report(self.lake, work.asset, work.version)
        if committed is None or (before and committed.etag == before.etag):
            return None
        return committed.report

    def _compute_as(self, held: Held, work: Work, before: Committed | None, log: Logger) -> Outcome:
        attempt = held.claim.attempt
        with held.kept(log):
            # whoever held the claim before may have committed just before it was taken
            if found := self._committed(work, before):
                return Outcome(found, reused=True)
            log.info("attempt %s of %s %s", attempt, work.asset, work.version)
            report = self.compute(self._request(work, attempt), log)
        return Outcome(report, reused=report.attempt != attempt)

    def _request(self, work: Work, attempt: int) -> Request:
        request = Request(
            asset=work.asset,
            version=work.version,
            attempt=attempt,
            lake=self.lake.root,
            output=self.lake.uri(attempt_key(work.asset, work.version, attempt)),
            inputs=work.inputs,
            contract=work.contract,
            params=work.params,
            code=work.code,
            spark=work.spark,
        )
        key = request_key(work.asset, work.version, attempt)
        self.lake.write_json(key, request.as_json())
        return request

    def _follow(self, claims: Claims, followed: int, log: Logger) -> int:
        claim = claims.current()
        if claim and claim.attempt != followed:
            log.info(
                "following attempt %s of run %s on %s, process %s",
                claim.attempt,
                claim.run_id,
                claim.host.split()[0],
                claim.pid,
            )
        time.sleep(self.poll_seconds)
        return claim.attempt if claim else 0
