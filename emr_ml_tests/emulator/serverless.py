"""EMR Serverless: what a caller may ask of applications and job runs.

Where AWS's behaviour is not known, the answer is the one that asks most of a caller, and a comment
says so.
"""

from collections.abc import Callable
from typing import ClassVar

from emr_ml_tests.emulator.errors import AwsError, invalid
from emr_ml_tests.emulator.job_runs import (
    JobFailedError,
    JobLife,
    JobRun,
    Tokens,
    Words,
    new_id,
    page,
)
from emr_ml_tests.emulator.limits import SPARK_OF, check_s3_uri
from emr_ml_tests.emulator.logs import Logs
from emr_ml_tests.emulator.rest import Parameters, render, resource_arn
from emr_ml_tests.emulator.serverless_application import OVER, Application
from emr_ml_tests.emulator.serverless_sizes import Worker, fits, utilization, workers
from emr_ml_tests.emulator.shapes import check
from emr_ml_tests.emulator.submissions import Submission
from emr_ml_tests.emulator.surroundings import check_runtime_role
from emr_ml_tests.emulator.world import ACCOUNT, World

SERVICE = "emr-serverless"
ENVIRONMENT = "spark.emr-serverless.driverEnv."
TIMEOUT_MINUTES = 720
MOST_ATTEMPTS = 10


def conflict(message: str) -> AwsError:
    return AwsError("ConflictException", message, 409)


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, 404)


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


class Serverless:
    """The service. Raises AwsError for what AWS would refuse."""

    def __init__(self, world: World) -> None:
        self.applications: list[Application] = []
        self.lives: dict[str, ServerlessLife] = {}
        self._world, self._logs = world, Logs(world)
        # the model has no other error for what conflicts with what is there
        self._applications_made = Tokens[Application](conflict)
        self._jobs_made = Tokens[JobRun](conflict)
        self._operations: dict[str, Callable[[Parameters, str], Parameters]] = {
            "CreateApplication": self._create_application,
            "GetApplication": self._get_application,
            "ListApplications": self._list_applications,
            "StartApplication": self._start_application,
            "StopApplication": self._stop_application,
            "DeleteApplication": self._delete_application,
            "StartJobRun": self._start_job_run,
            "GetJobRun": self._get_job_run,
            "ListJobRuns": self._list_job_runs,
            "CancelJobRun": self._cancel_job_run,
            "ListJobRunAttempts": self._list_job_run_attempts,
            "GetDashboardForJobRun": self._get_dashboard,
            "TagResource": self._tag_resource,
            "ListTagsForResource": self._list_tags,
        }

    @property
    def job_runs(self) -> list[JobRun]:
        """All job runs of all applications, oldest first."""
        return [life.job for life in self.lives.values()]

    def answer(self, operation: str, parameters: Parameters, caller: str) -> Parameters:
        check(operation, parameters, SERVICE)
        if operation not in self._operations:
            raise AwsError("NotEmulatedException", f"{operation} is not emulated", 501)
        with self._world.changed:
            answer = self._operations[operation](parameters, caller)
            return render(SERVICE, operation, answer)

    def put(self, request: Parameters, state: str) -> Application:
        """Add an application that stays as it is until a caller or a test changes it."""
        application = Application(self._world, request, state=state)
        self.applications.append(application)
        return application

    def put_job(self, application: Application, request: Parameters, state: str) -> JobRun:
        """Add a job run that stays as it is."""
        asked = workers(submission(application.request, request).conf)
        job = self._new_job(application, request, "launcher")
        job.state, job.updated = state, job.created
        application.jobs.append(job)
        self.lives[job.id] = ServerlessLife(self._world, self._logs, job, application, asked)
        return job

    def close(self) -> None:
        """After the world began to close: wait for the threads that saw it."""
        threads = [one.thread for one in (*self.applications, *self.lives.values())]
        for thread in threads:
            if thread.ident:  # what a test has put here does not live
                thread.join()
        self._logs.close()

    def _create_application(self, parameters: Parameters, _: str) -> Parameters:
        made = self._applications_made.find(parameters)
        if made is None:
            _check_application(parameters, real=self._world.spark == "real")
            made = self._applications_made.add(parameters, Application(self._world, parameters))
            if hidden := self._world.faults.take(["hidden application"], made.name):
                made.hidden_until = made.created + (hidden.seconds or 0.0)
            self.applications.append(made)
            self._world.record_event(made.id, f"CREATING {made.name}")
            made.thread.start()
        return {"applicationId": made.id, "name": made.name or None, "arn": made.arn}

    def _get_application(self, parameters: Parameters, _: str) -> Parameters:
        return {"application": self._application(parameters).describe(whole=True)}

    def _list_applications(self, parameters: Parameters, _: str) -> Parameters:
        now, states = self._world.clock.now(), parameters.get("states", [])
        items = [
            one.describe(whole=False)
            for one in reversed(self.applications)
            if one.hidden_until <= now and (not states or one.state in states)
        ]
        found, token = page(items, parameters, self._world.page)
        return {"applications": found, "nextToken": token}

    def _start_application(self, parameters: Parameters, _: str) -> Parameters:
        application = self._application(parameters)
        if application.state in ("CREATED", "STOPPED"):
            application.wanted = True
        elif application.state not in ("STARTING", "STARTED"):
            raise invalid(f"Application {application.id} is {application.state}.")
        return {}

    def _stop_application(self, parameters: Parameters, _: str) -> Parameters:
        application = self._application(parameters)
        if application.busy:
            raise invalid("All scheduled and running jobs must be completed or cancelled first.")
        if application.state == "STARTED":
            application.unwanted = True
        elif application.state not in ("CREATED", "STOPPING", "STOPPED"):
            raise invalid(f"Application {application.id} is {application.state}.")
        return {}

    def _delete_application(self, parameters: Parameters, _: str) -> Parameters:
        application = self._application(parameters)
        if application.state not in ("CREATED", "STOPPED"):
            raise invalid(f"Application {application.id} is {application.state}: stop it first.")
        # it is listed for ever here; how soon AWS forgets it is not known
        application.become("TERMINATED")
        return {}

    def _start_job_run(self, parameters: Parameters, caller: str) -> Parameters:
        application = self._application(parameters)
        job = self._jobs_made.find(parameters)
        if job is None:
            asked = _check_job_run(self._world, application, parameters)
            if application.state in ("CREATED", "STOPPED") and application.auto_start:
                application.wanted = True
            elif application.state not in ("STARTING", "STARTED"):
                # that a stopping application takes no job run is an assumption
                raise conflict(f"Application {application.id} is {application.state}.")
            job = self._jobs_made.add(parameters, self._new_job(application, parameters, caller))
            application.jobs.append(job)
            life = ServerlessLife(self._world, self._logs, job, application, asked)
            self.lives[job.id] = life
            life.become("SUBMITTED")
            life.thread.start()
        return {"applicationId": application.id, "jobRunId": job.id, "arn": _arn(job)}

    def _new_job(self, application: Application, parameters: Parameters, caller: str) -> JobRun:
        now = self._world.clock.now()
        job = JobRun(application.id, parameters, now, new_id(16), "SUBMITTED", caller)
        job.attempt_created = now
        if hidden := self._world.faults.take(["hidden job run"], job.name):
            job.hidden_until = now + (hidden.seconds or 0.0)
        return job

    def _get_job_run(self, parameters: Parameters, _: str) -> Parameters:
        life = self._life(parameters)
        if parameters.get("attempt", life.job.attempt) != life.job.attempt:
            raise invalid("Only the newest attempt is emulated.")
        return {"jobRun": self._describe(life)}

    def _list_job_runs(self, parameters: Parameters, _: str) -> Parameters:
        wanted = parameters["applicationId"]
        application = next((one for one in self.applications if one.id == wanted), None)
        if application is None:  # the model has no ResourceNotFoundException here
            raise invalid(f"Application {wanted} does not exist.")
        now, states = self._world.clock.now(), parameters.get("states", [])
        after = parameters.get("createdAtAfter", 0.0)
        before = parameters.get("createdAtBefore", float("inf"))
        items = [
            {**_summary(job, application), "id": job.id, "createdAt": job.created}
            for job in reversed(application.jobs)
            if job.hidden_until <= now
            and (not states or job.state in states)
            and after <= job.created <= before
            and parameters.get("mode", _mode(job)) == _mode(job)
        ]
        found, token = page(items, parameters, self._world.page)
        return {"jobRuns": found, "nextToken": token}

    def _cancel_job_run(self, parameters: Parameters, _: str) -> Parameters:
        life = self._life(parameters)
        # without a grace period, nobody promises that the job can do anything more
        life.cancel(parameters.get("shutdownGracePeriodInSeconds", 0))
        return {"applicationId": life.application.id, "jobRunId": life.job.id}

    def _list_job_run_attempts(self, parameters: Parameters, _: str) -> Parameters:
        life = self._life(parameters)
        job = life.job
        now = {"state": job.state, "details": job.details}
        items = [
            {
                **_summary(job, life.application),
                "id": job.id,
                "jobCreatedAt": job.created,
                "createdAt": job.attempt_created if number == job.attempt else job.created,
                "state": one["state"],
                "stateDetails": one["details"],
                "attempt": number,
                "attemptCreatedAt": None,
                "attemptUpdatedAt": None,
            }
            for number, one in enumerate([*job.earlier, now], 1)
        ]
        found, token = page(items, parameters, self._world.page)
        return {"jobRunAttempts": found, "nextToken": token}

    def _get_dashboard(self, parameters: Parameters, _: str) -> Parameters:
        job = self._life(parameters).job
        if job.state in ("SUBMITTED", "PENDING", "QUEUED"):
            raise invalid(f"Job run {job.id} is {job.state}: it has no dashboard yet.")
        return {"url": f"https://{job.id}.emrappui.invalid/?authToken={new_id(32)}"}

    def _tag_resource(self, parameters: Parameters, _: str) -> Parameters:
        self._tags(parameters).update(parameters["tags"])
        return {}

    def _list_tags(self, parameters: Parameters, _: str) -> Parameters:
        return {"tags": self._tags(parameters)}

    def _tags(self, parameters: Parameters) -> dict[str, str]:
        arn = parameters["resourceArn"]
        for one in self.applications:
            if one.arn == arn:
                return one.tags
        for job in self.job_runs:
            if _arn(job) == arn:
                return job.request.setdefault("tags", {})
        raise not_found(f"{arn} does not exist.")

    def _application(self, parameters: Parameters) -> Application:
        for one in self.applications:
            if one.id == parameters["applicationId"]:
                return one
        raise not_found(f"Application {parameters['applicationId']} does not exist.")

    def _life(self, parameters: Parameters) -> ServerlessLife:
        application, wanted = self._application(parameters), parameters["jobRunId"]
        life = self.lives.get(wanted)
        if life is None or life.application is not application:
            raise not_found(f"Job run {wanted} does not exist.")
        return life

    def _describe(self, life: ServerlessLife) -> Parameters:
        job, request = life.job, life.job.request
        late = (
            job.ended is None
            or self._world.clock.now() < job.ended + self._world.delays.utilization
        )
        use = None if late else utilization(life.asked, job.worked, billed=False)
        billed = None if late else utilization(life.asked, job.worked, billed=True)
        spent = None if job.ended is None else int(sum(job.worked))
        return {
            **_summary(job, life.application),
            "jobRunId": job.id,
            "createdAt": job.created,
            "jobDriver": request["jobDriver"],
            "configurationOverrides": request.get("configurationOverrides"),
            "tags": request.get("tags"),
            "executionTimeoutMinutes": request.get("executionTimeoutMinutes", TIMEOUT_MINUTES),
            "retryPolicy": request.get("retryPolicy"),
            "networkConfiguration": life.application.request.get("networkConfiguration"),
            "startedAt": job.started,
            "endedAt": job.ended,
            "queuedDurationMilliseconds": int(job.queued * 1000),
            "totalExecutionDurationSeconds": spent,
            "totalResourceUtilization": use,
            "billedResourceUtilization": billed,
            "type": None,
        }


def _summary(job: JobRun, application: Application) -> Parameters:
    """What GetJobRun and the listings have in common."""
    return {
        "applicationId": application.id,
        "name": job.request.get("name"),
        "mode": _mode(job),
        "arn": _arn(job),
        "createdBy": f"arn:aws:iam::{ACCOUNT}:user/{job.caller}",
        "updatedAt": job.updated,
        "executionRole": job.request["executionRoleArn"],
        "state": job.state,
        "stateDetails": job.details,
        "releaseLabel": application.request["releaseLabel"],
        "type": application.request["type"],
        "attempt": job.attempt,
        "attemptCreatedAt": job.attempt_created,
        "attemptUpdatedAt": job.updated,
    }


def _mode(job: JobRun) -> str:
    return job.request.get("mode", "BATCH")


def _arn(job: JobRun) -> str:
    return resource_arn(SERVICE, {"applicationId": job.owner, "jobRunId": job.id})


def _check_application(request: Parameters, *, real: bool) -> None:
    label = request["releaseLabel"]
    if label not in SPARK_OF:
        raise invalid(f"The release label {label} is invalid.")
    if request["type"].upper() != "SPARK":
        raise AwsError("NotEmulatedException", "only applications of Spark are emulated", 501)
    if real and (request.get("imageConfiguration") or request.get("workerTypeSpecifications")):
        raise AwsError("NotEmulatedException", "images are not run here", 501)
    scheduler = request.get("schedulerConfiguration", {})
    if not 1 <= scheduler.get("maxConcurrentRuns", 1) <= 1000:
        raise invalid("maxConcurrentRuns must be between 1 and 1000.")
    if not 15 <= scheduler.get("queueTimeoutMinutes", 15) <= 720:
        raise invalid("queueTimeoutMinutes must be between 15 and 720.")


def _check_job_run(world: World, application: Application, request: Parameters) -> list[Worker]:
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
