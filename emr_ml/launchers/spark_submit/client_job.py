"""One attempt as a driver on this machine, from its lease to its report or its cancellation."""

import time
from pathlib import Path
from typing import Any

from emr_ml.aws.client import UnansweredError
from emr_ml.lake.leases import this_host
from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.local_spark import as_properties
from emr_ml.launchers.remote.failures import (
    cancelled,
    output_missing,
    process_failed,
    quote,
    timed_out,
    whole_log,
)
from emr_ml.launchers.remote.pacing import PacedLook
from emr_ml.launchers.remote.polling import Answers, PollingPolicy
from emr_ml.launchers.remote.shipping import planned_code, upload
from emr_ml.launchers.remote.target import (
    Attempt,
    JobLocation,
    JobOutcome,
    JobStatus,
    RemoteJob,
    attempt_name,
)
from emr_ml.launchers.spark_submit import command
from emr_ml.launchers.spark_submit.advice import FOR_DRIVERS
from emr_ml.launchers.spark_submit.config import SparkSubmitConfig
from emr_ml.launchers.spark_submit.driver import Driver, DriverState, new_folder
from emr_ml.launchers.spark_submit.master import Application, Cluster, Master, MasterError
from emr_ml.launchers.spark_submit.pods import Pods
from emr_ml.launchers.spark_submit.supervisor import KILL_AFTER_SECONDS
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.lake import FolderLake
from spark_jobs.runtime.report import Report


class ClientJob(RemoteJob):
    """An attempt as a driver.

    The lease records `host` and `folder` before the driver is started, and `pid` and `started`
    after that. The folder starts one driver only, however often it is asked to.
    """

    advice = FOR_DRIVERS

    def __init__(self, config: SparkSubmitConfig, attempt: Attempt, polling: PollingPolicy) -> None:
        self._config, self._attempt, self._polling = config, attempt, polling
        self._answers = Answers()
        self._state: DriverState | None = None
        self._stalled_since: float | None = None
        self._unseen_since: float | None = None
        self._look: PacedLook[Cluster] | None = None
        if config.master_ui:
            self._look = PacedLook(Master(config.master_ui).look, polling)

    @property
    def location(self) -> JobLocation:
        request, where = self._attempt.request, self._attempt.location
        text = log = ""
        if "folder" in where:
            host = where["host"].split()[0]
            text = f"driver {where.get('pid', '(being started)')} on {host}, {self._config.master}"
            log = f"{host}:{self._driver.log}"
        return JobLocation(request.asset, request.attempt, text, log)

    @property
    def is_submitted(self) -> bool:
        return "pid" in self._attempt.location

    @property
    def answers(self) -> Answers:
        return self._answers

    def submit(self) -> None:
        attempt, config = self._attempt, self._config
        if "folder" not in attempt.location:
            folder = new_folder(Path(config.folder, "drivers"))
            attempt.held.record(host=this_host(), folder=str(folder))
        elif not self._is_here:
            # it is not known whether the driver was started; a new attempt supersedes it
            raise LostError("the run that was starting the attempt on another machine is gone")
        # Spark reads a script before it has the classes for s3://
        root = Path(config.folder)
        code = planned_code(str(root), attempt.code)
        upload(FolderLake(str(root)), code.folders)
        self._driver.start(
            command.command(
                config,
                code,
                module=attempt.module,
                name=attempt.name,
                request_uri=attempt.request_uri,
            ),
            command.environment(config),
            as_properties(command.properties(config, attempt.shared.root, self._driver_id)),
            config.step_limit_seconds,
        )
        attempt.held.record(pid=str(self._driver.pid), started=str(self._driver.started))

    def status(self) -> JobStatus | None:
        cluster = self._cluster()
        application = cluster.applications.get(self._application_name) if cluster else None
        states: dict[str, str] = {}
        if application:
            states[f"application {application.id}"] = application.state
        if not self._is_here:
            return self._status_elsewhere(application, states)
        self._state = state = self._driver.state()
        self._answers.note()
        if state.is_running:
            self._end_overdue()
            if cluster and application:
                self._end_stalled(cluster, application)
            states[f"driver {self._driver.pid}"] = "running"
            return JobStatus(JobOutcome.UNFINISHED, True, states)
        states[f"driver {self._driver.pid}"] = f"ended with exit code {state.code}"
        return JobStatus(_outcome(state), True, states)

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        location = self.location
        if not self._is_here:
            return LostError(
                location.failure_message(
                    "its driver was on another machine, and the cluster has no such application"
                )
            )
        assert self._state
        tail = self._driver.tail()
        match status.outcome:
            case JobOutcome.SUCCEEDED:
                return output_missing(location, tail)
            case JobOutcome.CANCELLED:
                return cancelled(location)
            case JobOutcome.LOST:
                self._delete_executors()
                cause = "its driver was killed from outside, or by the system for want of memory"
                return LostError(location.failure_message(cause, quote(tail), whole_log(location)))
            case _ if self._state.ended_by == "limit":
                return timed_out(location, tail)
            case _:
                return process_failed(
                    location,
                    reason="",
                    exit_code=self._state.code,
                    recorded=recorded,
                    tail=tail,
                    advice=self.advice,
                )

    def cancel(self) -> None:
        if "folder" not in self._attempt.location:
            return
        log = self._attempt.log
        if not self._is_here:
            log.error("the driver is on another machine: end it there. %s", self.location.text)
        elif not self._driver.end():
            log.error("the driver could not be ended. %s", self.location.text)
        self._kill_application()
        self._delete_executors()

    def metadata(self, report: Report | None) -> dict[str, Any]:
        if not self.is_submitted:
            return {}
        return {
            "master": self._config.master,
            "application": self._application_name,
            "driver": self.location.text,
            **super().metadata(report),
        }

    @property
    def _driver(self) -> Driver:
        return Driver(Path(self._attempt.location["folder"]))

    @property
    def _driver_id(self) -> str:
        return Path(self._attempt.location["folder"]).name

    @property
    def _is_here(self) -> bool:
        return self._attempt.location.get("host") == this_host()

    @property
    def _application_name(self) -> str:
        """The name that `spark_jobs.runtime.submit` gives the job's application."""
        request = self._attempt.request
        return attempt_name(request.asset, request.version, request.attempt)

    def _cluster(self) -> Cluster | None:
        """Return the master's view; without an answer, the driver itself is sign enough."""
        try:
            return self._look.latest() if self._look else None
        except MasterError as error:
            self._attempt.log.info("%s", error)
            return None

    def _status_elsewhere(
        self, application: Application | None, states: dict[str, str]
    ) -> JobStatus:
        """Return the status of a driver on another machine, which only the master can see."""
        if application:
            self._unseen_since = None
            self._answers.note()
            return JobStatus(JobOutcome.UNFINISHED, True, states)
        now = time.monotonic()
        if self._unseen_since is None:
            self._unseen_since = now
        # a driver may take a while before it has an application
        is_lost = now - self._unseen_since > self._polling.visibility
        return JobStatus(JobOutcome.LOST if is_lost else JobOutcome.UNFINISHED, False, states)

    def _end_overdue(self) -> None:
        """End a driver past its limit whose supervisor has not done so."""
        seconds = time.time() - self._driver.started
        if seconds > self._config.step_limit_seconds + 2 * KILL_AFTER_SECONDS:
            self._driver.end()
            raise timed_out(self.location, self._driver.tail())

    def _end_stalled(self, cluster: Cluster, application: Application) -> None:
        """End an application that has no core, and won't get any: Spark waits for ever.

        Raises:
            LaunchError: it waited for longer than the limit.
        """
        if application.cores or not cluster.is_idle:
            self._stalled_since = None
            return
        now = time.monotonic()
        if self._stalled_since is None:
            self._stalled_since = now
        if now - self._stalled_since <= self._config.start_limit_seconds:
            return
        self._driver.end()
        cause = (
            f"the cluster gave its application no core for {now - self._stalled_since:.0f} "
            f"seconds, though no other has one: {cluster.workers} workers are alive, with "
            f"{cluster.free_cores} free cores"
        )
        raise LaunchError(
            self.location.failure_message(
                cause,
                quote(self._driver.tail()),
                "start workers, or ask for less: executor_memory and executor_cores must fit on "
                "one worker",
            )
        )

    def _kill_application(self) -> None:
        """End what the master still has of it: it mostly ends with its driver."""
        if self._look is None or self._config.master_ui is None:
            return
        try:
            application = self._look.now().applications.get(self._application_name)
            if application:
                Master(self._config.master_ui).kill(application.id)
        except MasterError as error:
            self._attempt.log.error("the master can't be asked to end the job: %s", error)

    def _delete_executors(self) -> None:
        """Delete pods of executors, which stay if their driver is killed."""
        if not self._config.kubernetes:
            return
        try:
            Pods(self._config.kubernetes).delete_labelled({command.DRIVER_LABEL: self._driver_id})
        except UnansweredError as error:
            self._attempt.log.error("pods of executors may be left: %s", error)


def _outcome(state: DriverState) -> JobOutcome:
    """Return what the end of a driver means: the report alone says that it succeeded."""
    match state:
        case DriverState(ended_by="limit"):
            return JobOutcome.FAILED
        case DriverState(ended_by="signal"):
            return JobOutcome.CANCELLED
        case DriverState(code=0):
            return JobOutcome.SUCCEEDED
        # nobody saw its end, or a signal that the supervisor did not send
        case DriverState(code=None):
            return JobOutcome.LOST
        case DriverState(code=int(code)) if code < 0 or code == 143:
            return JobOutcome.LOST
        case _:
            return JobOutcome.FAILED
