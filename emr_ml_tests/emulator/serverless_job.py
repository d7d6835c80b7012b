"""A job run on an application of EMR Serverless: its request, its states, what is told of it."""

from typing import ClassVar

from emr_ml_tests.emulator.job_runs import JobFailedError, JobLife, JobRun, Words
from emr_ml_tests.emulator.limits import check_s3_uri
from emr_ml_tests.emulator.logs import Logs
from emr_ml_tests.emulator.rest import Parameters, resource_arn
from emr_ml_tests.emulator.serverless_application import OVER, Application
from emr_ml_tests.emulator.serverless_sizes import Worker, fits, utilization, workers
from emr_ml_tests.emulator.submissions import Submission
from emr_ml_tests.emulator.surroundings import check_runtime_role
from emr_ml_tests.emulator.world import ACCOUNT, World, invalid

SERVICE = "emr-serverless"
ENVIRONMENT = "spark.emr-serverless.driverEnv."
TIMEOUT_MINUTES = 720
MOST_ATTEMPTS = 10


class ServerlessLife(JobLife):
    """A job run on an application."""

    words: ClassVar[Words] = Words("RUNNING", "SUCCESS", "CANCELLING")

    def __init__(
        self, world: World, logs: Logs, job: JobRun, application: Application, asked: list[Worker]
    ) -> None:
        super().__init__(world, logs, job)
        self.application, self.asked = application, asked

    def submission(self) -> Submission:
        return submission(self.application.request, self.job.request)

    def request_attempts(self) -> int:
        return self.job.request.get("retryPolicy", {}).get("maxAttempts", 1)

    def time_limit(self) -> float:
        minutes = self.job.request.get("executionTimeoutMinutes", TIMEOUT_MINUTES)
        return minutes * 60.0 if minutes else float("inf")

    def approach(self) -> None:
        application, job, delays = self.application, self.job, self.world.delays
        if job.attempt == 1:
            self.stage("SUBMITTED", delays.schedule)
            self._queue()
        self.stage("PENDING", delays.schedule)
        self.wait_for("PENDING", lambda: application.state == "STARTED")
        self.wait_for("SCHEDULED", lambda: application.holds_workers(job, self.asked))
        slow = self.world.faults.take(["slow start"], job.name)
        seconds = 0.0 if application.request.get("initialCapacity") else delays.allocate
        self.stage("SCHEDULED", seconds + ((slow.seconds or 0.0) if slow else 0.0))

    def _queue(self) -> None:
        application, job = self.application, self.job
        if application.has_turn(job):
            return
        since = self.world.clock.now()
        until = since + application.queue_seconds()
        self.wait_for(
            "QUEUED", lambda: application.has_turn(job) or self.world.clock.now() >= until
        )
        with self.world.changed:
            job.queued = self.world.clock.now() - since
            if not application.has_turn(job):
                raise JobFailedError("The job run was in the queue for longer than its timeout.")

    def become(self, state: str, details: str = "") -> None:
        with self.world.changed:
            if state in (*OVER, "PENDING"):
                self.application.holds.pop(self.job.id, None)
            super().become(state, details)

    def failure(self, code: int, stderr: str) -> JobFailedError:
        said = [line for line in stderr.splitlines() if "Exception" in line or "Error" in line]
        return JobFailedError(
            "Job failed, please check complete logs in configured logging destination. "
            f"ExitCode: {code}. Last few exceptions: {' '.join(said[-3:])}"
        )

    def log_folder(self) -> str:
        uri = log_uri(self.application.request, self.job.request)
        # where logs of a later attempt go is not known: to the same place here
        where = f"{uri.rstrip('/')}/applications/{self.application.id}/jobs/{self.job.id}"
        return f"{where}/SPARK_DRIVER" if uri else ""

    def summarize(self) -> Parameters:
        """An entry of ListJobRuns."""
        return _shown(self.job, self.application) | {"id": self.job.id}

    def describe_attempts(self) -> list[Parameters]:
        """The entries of ListJobRunAttempts."""
        job = self.job
        newest = {"state": job.state, "details": job.details}
        return [
            {
                **_shown(job, self.application),
                "id": job.id,
                "jobCreatedAt": job.created,
                "createdAt": job.attempt_created if number == job.attempt else job.created,
                "state": one["state"],
                "stateDetails": one["details"],
                "attempt": number,
                "attemptCreatedAt": None,
                "attemptUpdatedAt": None,
            }
            for number, one in enumerate([*job.earlier, newest], 1)
        ]

    def describe(self) -> Parameters:
        """What GetJobRun shows."""
        job, request, now = self.job, self.job.request, self.world.clock.now()
        known = job.ended is not None and now >= job.ended + self.world.delays.utilization
        use = utilization(self.asked, job.worked, billed=False) if known else None
        billed = utilization(self.asked, job.worked, billed=True) if known else None
        copied = ("jobDriver", "configurationOverrides", "tags", "retryPolicy")
        return {
            **_shown(job, self.application),
            **{name: request.get(name) for name in copied},
            "jobRunId": job.id,
            "executionTimeoutMinutes": request.get("executionTimeoutMinutes", TIMEOUT_MINUTES),
            "networkConfiguration": self.application.request.get("networkConfiguration"),
            "startedAt": job.started,
            "endedAt": job.ended,
            "queuedDurationMilliseconds": int(job.queued * 1000),
            "totalExecutionDurationSeconds": int(sum(job.worked)) if job.ended else None,
            "totalResourceUtilization": use,
            "billedResourceUtilization": billed,
            "type": None,
        }


def submission(application: Parameters, request: Parameters) -> Submission:
    overrides = request.get("configurationOverrides", {}).get("applicationConfiguration", [])
    classifications = [*application.get("runtimeConfiguration", []), *overrides]
    return Submission(request["jobDriver"]["sparkSubmit"], classifications, ENVIRONMENT)


def log_uri(application: Parameters, request: Parameters) -> str:
    """The job run's own address of logs, or else the application's."""
    for one in (request.get("configurationOverrides", {}), application):
        s3 = one.get("monitoringConfiguration", {}).get("s3MonitoringConfiguration", {})
        if s3.get("logUri"):
            return s3["logUri"]
    return ""


def _shown(job: JobRun, application: Application) -> Parameters:
    """What all that tells of a job run has in common."""
    return {
        "applicationId": application.id,
        "name": job.request.get("name"),
        "mode": mode(job),
        "arn": job_arn(job),
        "createdBy": f"arn:aws:iam::{ACCOUNT}:user/{job.caller}",
        "createdAt": job.created,
        "updatedAt": job.updated,
        "executionRole": job.request["executionRoleArn"],
        "state": job.state,
        "stateDetails": job.details,
        "releaseLabel": application.request["releaseLabel"],
        "type": application.request["type"].capitalize(),
        "attempt": job.attempt,
        "attemptCreatedAt": job.attempt_created,
        "attemptUpdatedAt": job.updated,
    }


def mode(job: JobRun) -> str:
    return job.request.get("mode", "BATCH")


def job_arn(job: JobRun) -> str:
    return resource_arn(SERVICE, {"applicationId": job.owner, "jobRunId": job.id})


def check_job_run(world: World, application: Application, request: Parameters) -> list[Worker]:
    """The workers that it asks for.

    Raises:
        AwsError: AWS would not start it. That it looks at the role and at the maximum capacity
            already here is an assumption.
    """
    driver = request.get("jobDriver", {})
    if list(driver) != ["sparkSubmit"]:
        raise invalid("The job driver of a Spark application is sparkSubmit.")
    if request.get("retryPolicy", {}).get("maxAttempts", 1) > MOST_ATTEMPTS:
        raise invalid(f"maxAttempts is at most {MOST_ATTEMPTS}.")
    if uri := log_uri(application.request, request):
        check_s3_uri(uri, "logUri")
    if world.strict_roles:
        check_runtime_role(world, request["executionRoleArn"], f"{SERVICE}.amazonaws.com")
    asked = workers(submission(application.request, request).conf)
    if not fits(asked[:2], application.request.get("maximumCapacity")):
        raise invalid("The maximum capacity of the application has no room for this job run.")
    return asked
