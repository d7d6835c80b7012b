"""Cluster configurations for tests, and those that a test should hold for."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from emr_ml.launchers.emr.config.loading import ClusterConfigError, load_cluster_config
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.settings import Settings, load_settings

LAKE = "s3://bucket/lake"
TARGET = Endpoint(LAKE, "eu-west-1")


def config(**fields: Any) -> ClusterConfig:
    return ClusterConfig.model_validate(fields)


def load(**given_settings: Any) -> ClusterConfig:
    return load_cluster_config(Settings(**given_settings))


class File:
    """A configuration file, and the variables that go with it."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self._patch = path, monkeypatch

    def load(self, text: str, **variables: str) -> ClusterConfig:
        self.path.write_text(text)
        self._patch.setenv("EMR_ML_CLUSTER", str(self.path))
        for name, value in variables.items():
            self._patch.setenv(f"EMR_ML_{name}", value)
        return load_cluster_config(load_settings())

    def mistakes(self, text: str, **variables: str) -> list[str]:
        """Without the path in front."""
        with pytest.raises(ClusterConfigError) as caught:
            self.load(text, **variables)
        return [line.removeprefix(f"{self.path}:") for line in str(caught.value).splitlines()]

    def mistake(self, text: str, **variables: str) -> str:
        (line,) = self.mistakes(text, **variables)
        return line


TYPES = ["m6i.xlarge", "m5.xlarge", "m6a.2xlarge", "r5.xlarge", "c5.4xlarge", "m7g.xlarge"]


def fleets(role: str) -> st.SearchStrategy[dict[str, Any]]:
    names = st.lists(st.sampled_from(TYPES), min_size=1, max_size=4, unique=True)
    capacities: dict[str, st.SearchStrategy[Any]] = {
        "primary": st.sampled_from([{"on_demand": 1}, {"on_demand": 0, "spot": 1}]),
        "core": st.fixed_dictionaries({"on_demand": st.integers(1, 5), "spot": st.integers(0, 5)}),
        "task": st.fixed_dictionaries({"on_demand": st.integers(0, 2), "spot": st.integers(0, 9)}),
    }
    other = st.fixed_dictionaries(
        {},
        optional={
            "max_price_percent": st.sampled_from([50, 80.5, 100]),
            "spot_timeout_minutes": st.integers(5, 1440),
            "spot_timeout_action": st.sampled_from(["SWITCH_TO_ON_DEMAND", "TERMINATE_CLUSTER"]),
            "allocation_strategy": st.sampled_from(["price-capacity-optimized", "diversified"]),
        },
    )
    parts = st.tuples(st.fixed_dictionaries({"instance_types": names}), capacities[role], other)
    return parts.map(lambda found: found[0] | found[1] | found[2])


WORD = st.text("abcxyz", min_size=1, max_size=4)

# everything that makes another cluster of it
RELEVANT: dict[str, st.SearchStrategy[Any]] = {
    "release_label": st.sampled_from(["emr-spark-8.1.0", "emr-spark-8.0.0"]),
    "primary": fleets("primary"),
    "core": fleets("core"),
    "task": fleets("task"),
    "managed_scaling": st.fixed_dictionaries(
        {"minimum": st.integers(1, 5), "maximum": st.integers(5, 9)}
    ),
    "step_concurrency": st.integers(1, 4),
    "root_volume_gb": st.integers(15, 100),
    "subnets": st.lists(WORD.map("subnet-{}".format), min_size=1, max_size=3, unique=True),
    "security_groups": st.just({"primary": "sg-1", "core": "sg-2"}),
    "security_configuration": WORD,
    "service_role": WORD.map("role-{}".format),
    "instance_profile": WORD.map("profile-{}".format),
    "configurations": st.lists(
        st.fixed_dictionaries(
            {
                "Classification": st.sampled_from(["spark-defaults", "yarn-site"]),
                "Properties": st.dictionaries(WORD, WORD, min_size=1, max_size=2),
            }
        ),
        min_size=1,
        max_size=2,
    ),
    "log_uri": WORD.map("s3://logs/{}".format),
    "idle_timeout_seconds": st.integers(60, 604_800),
    "overrides": WORD.map(lambda key: {"Instances": {"Ec2KeyName": key}}),
}

# what two clusters may differ in, and each can do the other's work all the same
IRRELEVANT: dict[str, st.SearchStrategy[Any]] = {
    "tags": st.dictionaries(WORD, WORD, max_size=2),
    "step_limit_seconds": st.integers(1, 100_000),
    "start_limit_seconds": st.integers(1, 100_000),
    "max_age_hours": st.integers(1, 99),
    "driver_memory_gb": st.just(1),
    "spark_conf": st.dictionaries(WORD.map("spark.{}".format), WORD, max_size=2),
}

FIELDS = st.fixed_dictionaries({}, optional=RELEVANT | IRRELEVANT)
