"""A submission and configurations of spark-submit, without a launcher."""

from typing import Any

from emr_ml.launchers.spark_submit.config import SparkSubmitConfig
from emr_ml.launchers.spark_submit.plan import planned_submission
from emr_ml.launchers.spark_submit.submission import Submission

STANDALONE: dict[str, Any] = {"master": "spark://here:7077", "folder": "/here"}
PODS: dict[str, Any] = {
    "master": "k8s://https://here:6443",
    "deploy_mode": "cluster",
    "folder": "/here",
}


def config_of(fields: dict[str, Any], **own: Any) -> SparkSubmitConfig:
    """Return a configuration; `own` are fields of `kubernetes`, which always has an image."""
    is_on_kubernetes = fields["master"].startswith("k8s://")
    kubernetes = {"kubernetes": {"image": "mine", **own}} if is_on_kubernetes else {}
    return SparkSubmitConfig.model_validate({**fields, **kubernetes})


def submission_to(lake: str) -> Submission:
    return planned_submission(lake, "lr_model", "spark_jobs.lr_model", code=lake, version="0123")
