"""One attempt as a driver on this machine, from its lease to its report or its cancellation."""

import time
from pathlib import Path
from typing import Any

from emr_ml.aws.client import UnansweredError
from emr_ml.errors import UserError
from emr_ml.lake.leases import this_host
from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.remote.failures import (
    cancelled,
    output_missing,
    process_failed,
    quote,
    timed_out,
    whole_log,
)
from emr_ml.launchers.remote.pacing import PacedLook
from emr_ml.launchers.remote.polling import Answers, PollingPolicy, Streak
from emr_ml.launchers.remote.shipping import planned_code, upload
from emr_ml.launchers.remote.target import (
    Attempt,
    JobLocation,
    JobOutcome,
    JobStatus,
    RemoteJob,
)
from emr_ml.launchers.spark_conf import as_properties
from emr_ml.launchers.spark_submit import command
from emr_ml.launchers.spark_submit.advice import FOR_DRIVERS
from emr_ml.launchers.spark_submit.config import SparkSubmitConfig
from emr_ml.launchers.spark_submit.driver import Driver, DriverState, new_folder
from emr_ml.launchers.spark_submit.master import Cluster, Master, MasterError
from emr_ml.launchers.spark_submit.pods import Pods
from emr_ml.launchers.spark_submit.submission import Submission
from emr_ml.launchers.spark_submit.supervisor import KILL_AFTER_SECONDS, NOT_STARTED
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.lake import FolderLake
from spark_jobs.runtime.report import Report

TERMINATED = 143  # exit code of a shell whose command SIGTERM has ended: 128 + 15
NOBODY_TO_ASK = (
    "its run is silent; whether the driver still works can't be asked: set master_ui, if the "
    "cluster is a standalone one"
)


class ClientJob(RemoteJob):
    """An attempt as a driver.

    The lease records `host` and `folder` before the driver is started, and `pid` after that. The
    folder starts one driver only, however often it is asked to.
    """

    # nobody but the driver says anything
    advice = log_advice = FOR_DRIVERS

    def __init__(self, config: SparkSubmitConfig, attempt: Attempt, polling: PollingPolicy) -> None:
        self._config, self._attempt, self._polling = config, attempt, polling
        self._driver_answers = Answers()
        self._state: DriverState | None = None
        self._stalled, self._unseen = Streak(), Streak()
        self._master = Master(config.master_ui) if config.master_ui else None
        self._look = PacedLook(self._master.look, polling) if self._master else None

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
        return self._driver_answers if self._is_here or not self._look else self._look.answers

    def submit(self) -> None:
        attempt, config = self._attempt, self._config
        if "folder" not in attempt.location:
            folder = new_folder(config.drivers)
            attempt.held.record(host=this_host(), folder=str(folder))
        elif not self._is_here:
            # it is not known whether the driver was started; a new attempt supersedes it
            raise LostError("the run that was starting the attempt on another machine is gone")
        # Spark reads a script before it has the classes for s3://
        root = Path(config.folder)
        code = planned_code(str(root), attempt.code)
        upload(FolderLake(str(root)), code.folders)
        submission = Submission.of(attempt, code)
        self._driver.start(
            attempt.name,
            command.command(config, submission),
            command.environment(config),
            as_properties(command.properties(config, submission, self._driver_id)),
            config.step_limit_seconds,
        )
        attempt.held.record(pid=str(self._driver.pid))

    def status(self) -> JobStatus | None:
        if not self._is_here:
            return self._status_elsewhere()
        cluster = self._cluster()
        states = self._application_states(cluster)
        self._state = state = self._driver.state()
        self._driver_answers.note()
        if state.is_running:
            self._end_overdue()
            self._end_stalled(cluster)
            states[f"driver {self._driver.pid}"] = "running"
            return JobStatus(JobOutcome.UNFINISHED, True, states)
        states[f"driver {self._driver.pid}"] = f"ended with exit code {state.code}"
        return JobStatus(_outcome(state), True, states)

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        location = self.location
        if not self._is_here:
            where = "its driver was on another machine, or on this one before it restarted"
            known = "the master has no such application" if self._look else NOBODY_TO_ASK
            return LostError(location.failure_message(f"{where}, and {known}"))
        assert self._state
        tail = self._driver.tail()
        match status.outcome:
            case JobOutcome.SUCCEEDED:
                return output_missing(location, tail)
            case JobOutcome.CANCELLED:
                return cancelled(location)
            case JobOutcome.LOST:
                self._driver.forget_secrets()
                self._delete_executors()
                cause = "its driver was killed from outside, or by the system for want of memory"
                return LostError(location.failure_message(cause, quote(tail), whole_log(location)))
            case _ if self._state.ended_by == "limit":
                return timed_out(location, tail)
            case _:
                is_started = self._state.code != NOT_STARTED
                return process_failed(
                    location,
                    reason="" if is_started else "spark-submit can't be started",
                    exit_code=self._state.code,
                    recorded=recorded,
                    tail=tail,
                    advice=self.advice,
                    log_advice=self.log_advice,
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
        """The name that the job gives its application, in `spark_jobs.runtime.submit`."""
        return self._attempt.request.application_name

    def _cluster(self) -> Cluster | None:
        """Return the master's view; without an answer, the driver itself is sign enough."""
        try:
            return self._look.latest() if self._look else None
        except MasterError as error:
            self._attempt.log.info("%s", error)
            return None

    def _application_states(self, cluster: Cluster | None) -> dict[str, str]:
        application = cluster and cluster.named(self._application_name)
        return {f"application {application.id}": application.state} if application else {}

    def _status_elsewhere(self) -> JobStatus | None:
        """Return the status of a driver on another machine, which only the master can see.

        Raises:
            MasterError: it can't be seen at the moment.
        """
        cluster = self._look.latest() if self._look else None
        states = self._application_states(cluster)
        is_known = cluster is not None or self._look is None
        unseen = self._unseen.seconds(is_true=is_known and not states)
        if not is_known:
            return None
        # a driver may take a while before it has an application
        outcome = JobOutcome.LOST if unseen > self._polling.visibility else JobOutcome.UNFINISHED
        return JobStatus(outcome, bool(states), states)

    def _end_overdue(self) -> None:
        """End a driver past its limit whose supervisor has not done so."""
        seconds = time.time() - self._driver.started
        if seconds > self._config.step_limit_seconds + 2 * KILL_AFTER_SECONDS:
            self._driver.end()
            raise timed_out(self.location, self._driver.tail())

    def _end_stalled(self, cluster: Cluster | None) -> None:
        """End an application that has no core, and won't get any: Spark waits for ever.

        Raises:
            LaunchError: it waited for longer than the limit.
        """
        application = cluster and cluster.named(self._application_name)
        is_stalled = bool(cluster and application and not application.cores and cluster.is_idle)
        seconds = self._stalled.seconds(is_true=is_stalled)
        if cluster is None or seconds <= self._config.start_limit_seconds:
            return
        self._driver.end()
        cause = (
            f"the cluster gave its application no core for {seconds:.0f} seconds, though no other "
            f"has one: {cluster.workers} workers are alive, with {cluster.free_cores} free cores"
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
        if self._master is None:
            return
        try:
            application = self._master.look().named(self._application_name)
            if application:
                self._master.kill(application.id)
        except MasterError as error:
            self._attempt.log.error("the master can't be asked to end the job: %s", error)

    def _delete_executors(self) -> None:
        """Delete pods of executors, which stay if their driver is killed."""
        if not self._config.kubernetes:
            return
        try:
            Pods(self._config.kubernetes).delete_labelled({command.DRIVER_LABEL: self._driver_id})
        except (UnansweredError, UserError) as error:
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
        case DriverState(code=int(code)) if code < 0 or code == TERMINATED:
            return JobOutcome.LOST
        case _:
            return JobOutcome.FAILED
