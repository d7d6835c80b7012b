"""Mistakes in a cluster configuration are reported all at once, with their locations."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.requests.job_flow import run_job_flow_request
from emr_ml.launchers.emr.requests.step import driver_memory
from emr_ml_tests.launchers.emr.configs import TARGET, File, load

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3


@pytest.fixture(name="file")
def fixture_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> File:
    return File(tmp_path / "cluster.yaml", monkeypatch)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cores: {}\n", "1:1: cores: unknown key: did you mean core?"),
        ("core:\n  ondemand: 1\n", "2:3: core.ondemand: unknown key: did you mean on_d"),
        (
            "managed_scaling: {minimum: 1, maximum: 2, zzz: 3}\n",
            "1:43: managed_scaling.zzz: unknown key: known are minimum, maximum, max_on",
        ),
        (
            "configurations:\n- Classification: a\n  properties: {}\n  Propertys: {}\n",
            "4:3: configurations.0.Propertys: unknown key: did you mean Properties?",
        ),
        (
            "task:\n  instance_types:\n  - {type: m5.xlarge, wieght: 2}\n",
            "3:23: task.instance_types.0.wieght: unknown key: did you mean weight?",
        ),
        ("core: 3\n", "1:1: core: should be a mapping, such as {a: b}, not 3"),
        ("subnets: subnet-1\n", "1:1: subnets: should be a list, such as [a, b], not 'subnet-1'"),
        ("step_concurrency: many\n", "1:1: step_concurrency: should be a whole number, not 'many'"),
        ("step_concurrency: true\n", "1:1: step_concurrency: should be a whole number, not True"),
        ("step_concurrency: 0\n", "1:1: step_concurrency: should be greater than or equal to 1,"),
        ("step_concurrency: 257\n", "1:1: step_concurrency: should be less than or equal to 256"),
        ("idle_timeout_seconds: 59\n", "1:1: idle_timeout_seconds: should be greater than or"),
        ("idle_timeout_seconds: 604801\n", "1:1: idle_timeout_seconds: should be less than or"),
        ("task: {spot_timeout_minutes: 4}\n", "1:8: task.spot_timeout_minutes: should be greater"),
        ("task: {max_price_percent: 0}\n", "1:8: task.max_price_percent: should be greater than 0"),
        (
            "task: {allocation_strategy: null}\n",
            "1:8: task.allocation_strategy: should be price-capacity-optimized or capacity-optim",
        ),
        ("scope: runs\n", "1:1: scope: should be shared or run, not 'runs': did you mean run?"),
        ("subnets: [vpc-1]\n", "1:11: subnets.0: should match ^subnet-[0-9a-zA-Z]+$, not 'vpc-1'"),
        ("log_uri: logs/\n", "1:1: log_uri: should match ^s3://"),
        ("runtime_role: jobs\n", "1:1: runtime_role: should match ^arn:aws"),
        ("core: {instance_types: [m5]}\n", "1:25: core.instance_types.0.type: should match "),
        (
            "core: {instance_types: []}\n",
            "1:1: core: instance_types has 1 to 30 types, not 0",
        ),
        (
            "core: {instance_types: [m5.xlarge, m5.xlarge]}\n",
            "1:1: core: instance_types has m5.xlarge twice",
        ),
        ("tags: {a: [b]}\n", "1:8: tags.a: should be text, not ['b']"),
        ("release_label: null\n", "1:1: release_label: should be text, not None"),
        (
            "managed_scaling: {minimum: 3, maximum: 2}\n",
            "1:1: managed_scaling: minimum is above maximum, which is 2",
        ),
        (
            "security_groups: {primary: sg-1}\n",
            "1:1: security_groups: primary and core must be given together, or not",
        ),
        (
            "security_groups: {service_access: sg-1}\n",
            "1:1: security_groups: service_access needs primary and core",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_location(file: File, text: str, expected: str) -> None:
    assert file.mistake(text).startswith(expected)


def test_more_entries_than_emr_accepts_are_refused(file: File) -> None:
    types = ", ".join(f"m5.{number}xlarge" for number in range(2, 33))
    tags = ", ".join(f"t{number}: a" for number in range(48))
    assert file.mistakes(f"task: {{instance_types: [{types}]}}\ntags: {{{tags}}}\n") == [
        "1:1: task: instance_types has 1 to 30 types, not 31",
        "2:1: tags: should have at most 47 entries, not 48",
    ]


def test_all_mistakes_are_reported_at_once_with_their_sources(file: File) -> None:
    lines = file.mistakes(
        "cores: 1\nsubnets: {}\ntask: {spot: -1}\n",
        CLUSTER__CORE__ON_DEMAND="few",
        CLUSTER__PRIMARY="{on_demnd: 1}",
        IDLE_TIMEOUT_SECONDS="10",
    )

    assert sorted(line.split(": ")[0] for line in lines) == [
        "1:1",
        "2:1",
        "3:8",
        "EMR_ML_CLUSTER__CORE__ON_DEMAND",
        "EMR_ML_CLUSTER__PRIMARY",
        "EMR_ML_IDLE_TIMEOUT_SECONDS",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n", "1:1: should be a mapping, from names of fields to values"),
        ("3\n", "1:1: should be a mapping, from names of fields to values"),
        ("core: [\n", "2:1: "),
        ("core: {}\ncore: {}\n", "2:1: the key 'core' is repeated"),
    ],
)
def test_a_file_that_is_no_mapping_is_reported_with_the_position(
    file: File, text: str, expected: str
) -> None:
    assert file.mistake(text).startswith(expected)


def test_a_missing_file_is_reported_with_its_variable(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.yaml")
    with pytest.raises(ClusterConfigError, match=f"no cluster configuration at {missing}: check"):
        load(cluster=missing)


def test_a_folder_and_a_missing_bucket_are_reported_with_the_variable(
    tmp_path: Path, s3: "S3"
) -> None:
    for address in (str(tmp_path), s3.uri("none.yaml"), "s3://not-there-at-all/cluster.yaml"):
        with pytest.raises(ClusterConfigError, match="check EMR_ML_CLUSTER"):
            load(cluster=address)


KEYS = st.sampled_from([*ClusterConfig.model_fields, "instance_types", "on_demand", "spot", "x"])
EMR_KEYS = st.sampled_from(
    [
        *("Instances", "InstanceFleets", "InstanceGroups", "InstanceFleetType", "InstanceRole"),
        *("InstanceTypeConfigs", "InstanceType", "MasterInstanceType", "AutoTerminationPolicy"),
        *("IdleTimeout", "Configurations", "Classification", "Properties", "Tags", "Key", "Value"),
        *("BootstrapActions", "Name", "ReleaseLabel", "LogUri", "StepConcurrencyLevel"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 400),
    st.floats(0, 2),
    st.sampled_from(["", "m5.xlarge", "MASTER", "emr-7.14.0", "4.1.1", "s3://b/p", "subnet-1"]),
)


def anything(keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=2), st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=6,
    )


FIELDS = st.dictionaries(KEYS | st.integers(0, 1), anything(KEYS), max_size=3)


@settings(deadline=None)
@given(FIELDS)
def test_any_fields_either_make_a_cluster_or_are_reported(fields: dict[str, Any]) -> None:
    fields = {str(key): value for key, value in fields.items()}

    assert all(": " in line for line in refusal({"cluster_fields": fields}))


@settings(deadline=None)
@given(st.dictionaries(EMR_KEYS, anything(EMR_KEYS), max_size=2))
def test_any_overrides_either_make_a_cluster_or_are_reported(overrides: dict[str, Any]) -> None:
    fields = {"overrides": overrides}

    assert all(": " in line for line in refusal({"cluster_fields": fields}))


def refusal(given_settings: dict[str, Any]) -> list[str]:
    """Return the reported mistakes, or nothing if the settings make a cluster."""
    try:
        made = load(**given_settings)
        driver_memory(made)
        run_job_flow_request(made, TARGET, (), "run")
    except ClusterConfigError as error:
        return str(error).splitlines()
    return []


@settings(deadline=None)
@given(anything(KEYS | st.integers(0, 1)))
def test_any_value_either_is_a_configuration_or_is_refused(value: Any) -> None:
    with contextlib.suppress(ValidationError):
        ClusterConfig.model_validate(value)


@pytest.mark.parametrize("text", ["1: a\n", "null: a\n", "core: {1: 2}\n", "tags: {1: a}\n"])
def test_a_key_that_is_not_text_is_reported(file: File, text: str) -> None:
    assert file.mistake(text)
