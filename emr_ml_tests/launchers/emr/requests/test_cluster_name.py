"""Clusters that can do each other's work have one name, and no others."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr_ml.launchers.emr.requests.job_flow import (
    CLUSTER_PREFIX,
    cluster_name,
    run_job_flow_request,
)
from emr_ml_tests.launchers.emr.configs import (
    FIELDS,
    IRRELEVANT,
    LAKE,
    RELEVANT,
    TARGET,
    config,
)


@dataclass(frozen=True)
class Action:
    name: str
    path: str
    args: tuple[str, ...] = ()


OURS = Action("Python packages", f"{LAKE}/bootstrap/0123/install.sh", ("index",))
THEIRS = Action("proxy", "s3://bucket/proxy.sh")
RUN = "0a1b2c3d-4e5f"


def request(*actions: Action, **fields: Any) -> dict[str, Any]:
    return run_job_flow_request(config(**fields), TARGET, actions or (OURS,), RUN)


def fleet(role: str, **fields: Any) -> Mapping[str, Any] | None:
    fleets = request(**fields)["Instances"]["InstanceFleets"]
    return next((each for each in fleets if each["InstanceFleetType"] == role), None)


def name(**fields: Any) -> str:
    return cluster_name(config(**fields), TARGET, (OURS,), RUN)


@settings(deadline=None)
@given(FIELDS)
def test_equal_configurations_have_one_name(fields: dict[str, Any]) -> None:
    assert name(**fields) == name(**copy.deepcopy(fields))


@settings(deadline=None)
@given(FIELDS, st.fixed_dictionaries({}, optional=IRRELEVANT))
def test_what_a_cluster_does_not_depend_on_is_not_in_its_name(
    fields: dict[str, Any], others: dict[str, Any]
) -> None:
    assert name(**fields) == name(**(fields | others))


@settings(deadline=None)
@given(st.data())
def test_what_a_cluster_depends_on_is_in_its_name(data: st.DataObject) -> None:
    fields = data.draw(st.fixed_dictionaries({}, optional=RELEVANT))
    changed = data.draw(st.sampled_from(sorted(RELEVANT)))
    other = fields | {changed: data.draw(RELEVANT[changed])}

    asked, asked_other = request(**fields), request(**other)

    same = {**asked, "Name": ""} == {**asked_other, "Name": ""}
    assert (name(**fields) == name(**other)) == same


@pytest.mark.parametrize("field", sorted(RELEVANT))
def test_each_relevant_field_is_in_the_name(field: str) -> None:
    values: dict[str, Any] = {
        "release_label": "emr-spark-8.0.0",
        "primary": {"instance_types": ["r5.xlarge"]},
        "core": {"on_demand": 2},
        "task": {"spot": 3},
        "managed_scaling": {"minimum": 1, "maximum": 2},
        "step_concurrency": 2,
        "root_volume_gb": 50,
        "subnets": ["subnet-1"],
        "security_groups": {"primary": "sg-1", "core": "sg-2"},
        "security_configuration": "mine",
        "service_role": "mine",
        "instance_profile": "mine",
        "configurations": [{"Classification": "spark"}],
        "log_uri": "s3://logs/",
        "idle_timeout_seconds": 60,
        "overrides": {"Instances": {"Ec2KeyName": "mine"}},
    }

    assert name(**{field: values[field]}) != name()


def test_another_lake_region_endpoint_or_bootstrap_is_another_cluster() -> None:
    log_uri = "s3://logs/"
    targets = [
        TARGET,
        replace(TARGET, lake="s3://bucket/other"),
        replace(TARGET, region="us-east-1"),
        replace(TARGET, url="http://127.0.0.1:5000"),
    ]
    actions = [(OURS,), (THEIRS, OURS), (replace(OURS, args=("s3://wheels",)),)]
    made = config(log_uri=log_uri)

    names = {cluster_name(made, target, (OURS,), RUN) for target in targets}
    names |= {cluster_name(made, TARGET, each, RUN) for each in actions}

    assert len(names) == 4 + 2


def test_a_number_written_otherwise_is_the_same_cluster() -> None:
    assert name(task={"max_price_percent": 100}) == name(task={"max_price_percent": 100.0})
    assert name(task={"max_price_percent": 100}) == name()


def test_the_name_says_whose_it_is_and_has_no_run_in_it() -> None:
    assert name().startswith(CLUSTER_PREFIX)
    assert len(name()) == len(CLUSTER_PREFIX) + 16
    assert name() == request()["Name"]
    assert name() == cluster_name(config(), TARGET, (OURS,), "another run")


def test_a_run_of_its_own_cluster_is_in_the_name() -> None:
    assert name(scope="run") == f"{name()} run 0a1b2c3d"
