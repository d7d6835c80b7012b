"""EMR on EKS: what a caller may ask of virtual clusters, which tests put here, and of job runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

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
from emr_ml_tests.emulator.shapes import check
from emr_ml_tests.emulator.submissions import Submission
from emr_ml_tests.emulator.surroundings import check_runtime_role
from emr_ml_tests.emulator.world import ACCOUNT, AwsError, World, invalid

SERVICE = "emr-containers"
ENVIRONMENT = "spark.kubernetes.driverEnv."
GRACE_SECONDS = 30.0  # of Kubernetes, from a pod's SIGTERM to its SIGKILL


def not_found(message: str) -> AwsError:
    """The error for unknown ids; its status is 400, unlike that of EMR Serverless."""
    return AwsError("ResourceNotFoundException", message)


@dataclass
class VirtualCluster:
    """A namespace that EMR is registered with."""

    id: str
    name: str
    state: str
    created: float
    namespace: str

    def describe(self) -> Parameters:
        return {
            "id": self.id,
            "name": self.name,
            "arn": resource_arn(SERVICE, {"virtualClusterId": self.id}),
            "state": self.state,
            "containerProvider": {
                "type": "EKS",
                "id": "eks",
                "info": {"eksInfo": {"namespace": self.namespace}},
            },
            "createdAt": self.created,
        }


class EksLife(JobLife):
    """A job run on a virtual cluster: a pod runs spark-submit, and another is the driver."""

    words: ClassVar[Words] = Words("RUNNING", "COMPLETED", "CANCEL_PENDING")

    def submission(self) -> Submission:
        overrides = self.job.request.get("configurationOverrides", {})
        classifications = overrides.get("applicationConfiguration", [])
        driver = self.job.request["jobDriver"]["sparkSubmitJobDriver"]
        return Submission(driver, classifications, ENVIRONMENT)

    def request_attempts(self) -> int:
        return self.job.request.get("retryPolicyConfiguration", {}).get("maxAttempts", 1)

    def approach(self) -> None:
        delays = self.world.delays
        self.stage("PENDING", delays.schedule)
        slow = self.world.faults.take(["slow start"], self.job.name)
        self.stage("SUBMITTED", delays.allocate + ((slow.seconds or 0.0) if slow else 0.0))

    def failure(self, code: int, stderr: str) -> JobFailedError:
        del stderr  # it is in the logs only
        return JobFailedError(f"The driver of the job run has failed with exit code {code}.")

    def log_folder(self) -> str:
        spark = f"spark-{self.job.id}"
        return self._container(f"{spark}/{spark}-driver")

    def send_logs(self, output: Mapping[str, bytes], *, early: bool = False) -> None:
        """The pod with spark-submit has logs, too, and they are all if it fails."""
        said = output if early else {"stdout": b"", "stderr": b"The driver pod was created.\n"}
        if where := self._container(f"{self.job.id}-runner"):
            self.logs.send(self.job.id, where, said, self.world.delays.job_logs)
        if not early:
            super().send_logs(output)

    def _container(self, pod: str) -> str:
        uri = _log_uri(self.job.request)
        where = f"{uri.rstrip('/')}/{self.job.owner}/jobs/{self.job.id}/containers"
        return f"{where}/{pod}" if uri else ""


class Eks:
    """The service. Raises AwsError for what AWS would refuse."""

    def __init__(self, world: World) -> None:
        self.virtual_clusters: list[VirtualCluster] = []
        self.lives: dict[str, EksLife] = {}
        self._world, self._logs = world, Logs(world)
        # the model has no other error for a token that another request has used
        self._made = Tokens[JobRun](invalid)
        self._operations: dict[str, Callable[[Parameters, str], Parameters]] = {
            "ListVirtualClusters": self._list_virtual_clusters,
            "DescribeVirtualCluster": self._describe_virtual_cluster,
            "StartJobRun": self._start_job_run,
            "DescribeJobRun": self._describe_job_run,
            "ListJobRuns": self._list_job_runs,
            "CancelJobRun": self._cancel_job_run,
        }

    @property
    def job_runs(self) -> list[JobRun]:
        """All job runs of all virtual clusters, oldest first."""
        return [life.job for life in self.lives.values()]

    def add_virtual_cluster(
        self, name: str, state: str = "RUNNING", namespace: str = "emr"
    ) -> VirtualCluster:
        now = self._world.clock.now()
        added = VirtualCluster(new_id(25), name, state, now, namespace)
        self.virtual_clusters.append(added)
        return added

    def put_job(self, request: Parameters, state: str) -> JobRun:
        """Add a job run that stays as it is until a caller or a test changes it."""
        job = self._new_job(request, "launcher")
        job.state = state
        self.lives[job.id] = EksLife(self._world, self._logs, job)
        return job

    def answer(self, operation: str, parameters: Parameters, caller: str) -> Parameters:
        check(operation, parameters, SERVICE)
        if operation not in self._operations:
            raise AwsError("NotEmulatedException", f"{operation} is not emulated", 501)
        with self._world.changed:
            answer = self._operations[operation](parameters, caller)
            return render(SERVICE, operation, answer)

    def close(self) -> None:
        """After the world began to close: wait for the threads that saw it."""
        for life in self.lives.values():
            if life.thread.ident:  # what a test has put here does not live
                life.thread.join()
        self._logs.close()

    def _list_virtual_clusters(self, parameters: Parameters, _: str) -> Parameters:
        states = parameters.get("states", [])
        items = [
            one.describe()
            for one in reversed(self.virtual_clusters)
            if not states or one.state in states
        ]
        found, token = page(items, parameters, self._world.page)
        return {"virtualClusters": found, "nextToken": token}

    def _describe_virtual_cluster(self, parameters: Parameters, _: str) -> Parameters:
        return {"virtualCluster": self._virtual_cluster(parameters["id"]).describe()}

    def _start_job_run(self, parameters: Parameters, caller: str) -> Parameters:
        cluster = self._virtual_cluster(parameters["virtualClusterId"])
        job = self._made.find(parameters)
        if job is None:
            _check_job_run(self._world, cluster, parameters)
            job = self._made.add(parameters, self._new_job(parameters, caller))
            life = self.lives[job.id] = EksLife(self._world, self._logs, job)
            life.become("PENDING")
            life.thread.start()
        shown = _describe(job)
        return {name: shown.get(name) for name in ("id", "name", "arn", "virtualClusterId")}

    def _new_job(self, parameters: Parameters, caller: str) -> JobRun:
        now = self._world.clock.now()
        owner = parameters["virtualClusterId"]
        return JobRun(owner, parameters, now, new_id(19), "PENDING", caller)

    def _describe_job_run(self, parameters: Parameters, _: str) -> Parameters:
        life = self._life(parameters)
        if life is None:
            raise not_found(f"Job run {parameters['id']} does not exist.")
        return {"jobRun": _describe(life.job)}

    def _list_job_runs(self, parameters: Parameters, _: str) -> Parameters:
        states = parameters.get("states", [])
        after = parameters.get("createdAfter", 0.0)
        before = parameters.get("createdBefore", float("inf"))
        items = [
            _describe(job)
            for job in reversed(self.job_runs)
            if job.owner == parameters["virtualClusterId"]
            and (not states or job.state in states)
            and after <= job.created <= before
            and parameters.get("name", job.name) == job.name
        ]
        found, token = page(items, parameters, self._world.page)
        return {"jobRuns": found, "nextToken": token}

    def _cancel_job_run(self, parameters: Parameters, _: str) -> Parameters:
        life = self._life(parameters)
        if life is None:  # the model has no ResourceNotFoundException here
            raise invalid(f"Job run {parameters['id']} does not exist.")
        life.cancel(GRACE_SECONDS)
        return {"id": life.job.id, "virtualClusterId": life.job.owner}

    def _virtual_cluster(self, wanted: str) -> VirtualCluster:
        for one in self.virtual_clusters:
            if one.id == wanted:
                return one
        raise not_found(f"Virtual cluster {wanted} does not exist.")

    def _life(self, parameters: Parameters) -> EksLife | None:
        life = self.lives.get(parameters["id"])
        return life if life and life.job.owner == parameters["virtualClusterId"] else None


def _describe(job: JobRun) -> Parameters:
    request = job.request
    retried = (
        {"currentAttemptCount": job.attempt} if "retryPolicyConfiguration" in request else None
    )
    copied = ("name", "clientToken", "executionRoleArn", "releaseLabel", "jobDriver", "tags")
    more = ("configurationOverrides", "retryPolicyConfiguration")
    return {
        **{name: request.get(name) for name in (*copied, *more)},
        "id": job.id,
        "virtualClusterId": job.owner,
        "arn": resource_arn(SERVICE, {"virtualClusterId": job.owner, "id": job.id}),
        "state": job.state,
        "stateDetails": job.details or None,
        "failureReason": job.failure_reason,
        "createdAt": job.created,
        "createdBy": f"arn:aws:iam::{ACCOUNT}:user/{job.caller}",
        "finishedAt": job.ended,
        "retryPolicyExecution": retried,
    }


def _log_uri(request: dict[str, Any]) -> str:
    monitoring = request.get("configurationOverrides", {}).get("monitoringConfiguration", {})
    return monitoring.get("s3MonitoringConfiguration", {}).get("logUri", "")


def _check_job_run(world: World, cluster: VirtualCluster, request: Parameters) -> None:
    """Raise ValidationException for what AWS would not start.

    That it looks at the role already here is an assumption. A template of jobs is not emulated.
    """
    if cluster.state != "RUNNING":
        raise invalid(f"Virtual cluster {cluster.id} is {cluster.state}.")
    if request.get("jobTemplateId"):
        raise AwsError("NotEmulatedException", "job templates are not emulated", 501)
    for name in ("executionRoleArn", "releaseLabel", "jobDriver"):
        if name not in request:
            raise invalid(f"{name} is required.")
    if list(request["jobDriver"]) != ["sparkSubmitJobDriver"]:
        raise invalid("Only sparkSubmitJobDriver is emulated.")
    label = request["releaseLabel"]
    if label.removesuffix("-latest") not in SPARK_OF or not label.endswith("-latest"):
        # labels with a date exist, too; which ones is not known here
        raise invalid(f"The release label {label} is invalid.")
    if uri := _log_uri(request):
        check_s3_uri(uri, "logUri")
    if world.strict_roles:
        check_runtime_role(world, request["executionRoleArn"])
