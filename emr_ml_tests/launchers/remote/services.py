"""The services with job runs, as tests see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec
    from emr_ml_tests.emulator.faults import Fault
    from emr_ml_tests.emulator.job_runs import JobRun
    from emr_ml_tests.launchers.emr.stage import Stage, Staging


@dataclass(frozen=True)
class Service:
    """A service, and how a deployment of tests is configured on it.

    Args:
        deployment: as `EMR_ML_DEPLOYMENT` names it.
        setting: the settings with fields of its configuration.
        fields: of the configuration.
        changed: fields that make another request.
        owner, job: parameters of CancelJobRun.
    """

    deployment: str
    setting: str
    fields: Mapping[str, Any]
    changed: Mapping[str, Any]
    owner: str
    job: str

    @property
    def is_eks(self) -> bool:
        return self.deployment == "emr-eks"

    def open(self, staging: "Staging", *planned: "Fault", **options: Any) -> "Stage":
        """Open a stage whose jobs run on the service; `fields` are more of its configuration."""
        settings = {
            "deployment": self.deployment,
            self.setting: {**self.fields, **options.pop("fields", {})},
            **options.pop("settings", {}),
        }
        stage = staging(*planned, settings=settings, **options)
        if self.is_eks:
            stage.aws.eks.add_virtual_cluster("emr-ml")
        return stage

    def with_changed_request(self, stage: "Stage") -> "Stage":
        """Return the stage with a configuration that makes another request."""
        return stage.with_settings(**{self.setting: {**self.fields, **self.changed}})

    def job_runs(self, stage: "Stage", work: "VersionSpec") -> "list[JobRun]":
        """Return all job runs that were ever started for the version, oldest first."""
        name = f"{work.asset} {work.version[:16]} "
        jobs = stage.aws.eks.job_runs if self.is_eks else stage.aws.serverless.job_runs
        # names have no spaces on EKS
        return [job for job in jobs if job.name.replace("/", " ").startswith(name)]

    def states(self, stage: "Stage", work: "VersionSpec") -> list[str]:
        return [job.state for job in self.job_runs(stage, work)]

    def tokens(self, stage: "Stage", work: "VersionSpec") -> list[str]:
        return [job.request["clientToken"] for job in self.job_runs(stage, work)]

    def cancel(self, stage: "Stage", job: "JobRun") -> None:
        """Cancel a job run as somebody else does."""
        service = "emr-containers" if self.is_eks else "emr-serverless"
        stage.aws.client(service).cancel_job_run(**{self.owner: job.owner, self.job: job.id})

    def passing_failure(self) -> "Fault":
        """Return a failure that a new attempt may avoid."""
        if self.is_eks:
            return faults.early_failure(reason="CLUSTER_UNAVAILABLE", stderr="no API server")
        return faults.no_capacity()


EKS = Service(
    "emr-eks",
    "eks_fields",
    {
        "execution_role": RUNTIME_ROLE_ARN,
        "virtual_cluster_name": "emr-ml",
        # the harness has the packages that an archive would have
        "packages": "image",
    },
    {"driver": {"cores": 1}},
    "virtualClusterId",
    "id",
)
SERVERLESS = Service(
    "emr-serverless",
    "serverless_fields",
    {
        "execution_role": RUNTIME_ROLE_ARN,
        "packages": "image",
        # so that the application does not stop while a test looks
        "idle_minutes": 600,
    },
    {"driver": {"cores": 2, "memory_gb": 4}},
    "applicationId",
    "jobRunId",
)
