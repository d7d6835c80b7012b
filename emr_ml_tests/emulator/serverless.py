"""EMR Serverless: what a caller may ask of applications and job runs.

Where AWS's behaviour is not known, the answer is the one that asks most of a caller, and a comment
says so.
"""

from collections.abc import Callable

from emr_ml_tests.emulator.job_runs import JobRun, Tokens, new_id, page
from emr_ml_tests.emulator.limits import SPARK_OF
from emr_ml_tests.emulator.logs import Logs
from emr_ml_tests.emulator.rest import Parameters, render
from emr_ml_tests.emulator.serverless_application import Application
from emr_ml_tests.emulator.serverless_job import (
    SERVICE,
    ServerlessLife,
    check_job_run,
    job_arn,
    mode,
    submission,
)
from emr_ml_tests.emulator.serverless_sizes import workers
from emr_ml_tests.emulator.shapes import check
from emr_ml_tests.emulator.world import AwsError, World, invalid


def conflict(message: str) -> AwsError:
    return AwsError("ConflictException", message, 409)


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, 404)


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
            asked = check_job_run(self._world, application, parameters)
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
        return {"applicationId": application.id, "jobRunId": job.id, "arn": job_arn(job)}

    def _new_job(self, application: Application, parameters: Parameters, caller: str) -> JobRun:
        now = self._world.clock.now()
        job = JobRun(application.id, parameters, now, new_id(16), "SUBMITTED", caller)
        job.attempt_created = now
        return job

    def _get_job_run(self, parameters: Parameters, _: str) -> Parameters:
        life = self._life(parameters)
        if parameters.get("attempt", life.job.attempt) != life.job.attempt:
            raise invalid("Only the newest attempt is emulated.")
        return {"jobRun": life.describe()}

    def _list_job_runs(self, parameters: Parameters, _: str) -> Parameters:
        wanted = parameters["applicationId"]
        application = next((one for one in self.applications if one.id == wanted), None)
        if application is None:  # the model has no ResourceNotFoundException here
            raise invalid(f"Application {wanted} does not exist.")
        states = parameters.get("states", [])
        after = parameters.get("createdAtAfter", 0.0)
        before = parameters.get("createdAtBefore", float("inf"))
        items = [
            self.lives[job.id].summarize()
            for job in reversed(application.jobs)
            if (not states or job.state in states)
            and after <= job.created <= before
            and parameters.get("mode", mode(job)) == mode(job)
        ]
        found, token = page(items, parameters, self._world.page)
        return {"jobRuns": found, "nextToken": token}

    def _cancel_job_run(self, parameters: Parameters, _: str) -> Parameters:
        life = self._life(parameters)
        # without a grace period, nobody promises that the job can do anything more
        life.cancel(parameters.get("shutdownGracePeriodInSeconds", 0))
        return {"applicationId": life.application.id, "jobRunId": life.job.id}

    def _list_job_run_attempts(self, parameters: Parameters, _: str) -> Parameters:
        items = self._life(parameters).describe_attempts()
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
            if job_arn(job) == arn:
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
