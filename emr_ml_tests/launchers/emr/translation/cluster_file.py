"""A translated configuration, as a run loads it and starts a cluster with it."""

from pathlib import Path
from typing import Any

from emr_ml.launchers.emr.config.loading import load_cluster_config
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.requests.job_flow import run_job_flow_request
from emr_ml.settings import Settings
from emr_ml_tests.launchers.emr.configs import TARGET


def load(text: str, folder: Path) -> ClusterConfig:
    """The configuration as a run loads it, from its file."""
    path = folder / "cluster.yaml"
    path.write_text(text)
    return load_cluster_config(Settings(cluster=str(path)))  # pyright: ignore[reportCallIssue] - all others have defaults


def started(config: ClusterConfig) -> dict[str, Any]:
    return run_job_flow_request(config, TARGET, config_actions(config), "run")


def config_actions(config: ClusterConfig) -> list[Any]:
    return list(config.bootstrap_actions)
