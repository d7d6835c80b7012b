"""The cluster configuration: its defaults, and which source counts."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml_tests.launchers.emr.configs import LAKE, File, config, load

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3


@pytest.fixture(name="file")
def fixture_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> File:
    return File(tmp_path / "cluster.yaml", monkeypatch)


def test_without_any_source_every_field_has_its_default() -> None:
    assert load() == ClusterConfig()


def test_the_default_cluster_is_small_and_ends_itself_soon() -> None:
    made = ClusterConfig()

    assert (made.release_label, made.spark) == ("emr-spark-8.1.0", "4.1.1")
    assert [made.primary.units, made.core.units, made.task.units] == [1, 1, 2]
    assert (made.primary.on_demand, made.core.on_demand, made.task.spot) == (1, 1, 2)
    assert (made.idle_timeout_seconds, made.step_limit_seconds) == (300, 21_600)
    assert (made.start_limit_seconds, made.max_age_hours) == (3_600, 24)
    assert (made.scope, made.packages, made.step_concurrency) == ("shared", "index", 1)
    assert made.log_address(LAKE) == "s3://bucket/lake/logs/"
    assert made.notes == ()


@pytest.mark.parametrize("text", ["", "\n# nothing yet\n", "{}\n", "overrides: {}\n"])
def test_an_empty_file_changes_nothing(file: File, text: str) -> None:
    assert file.load(text) == ClusterConfig()


def test_a_fleet_keeps_the_defaults_of_its_other_fields(file: File) -> None:
    made = file.load("task:\n  spot: 8\n")

    assert made.task.spot == 8
    assert made.task.instance_types == ClusterConfig().task.instance_types


def test_the_file_may_be_on_s3(s3: "S3") -> None:
    s3.put("conf/cluster.yaml", b"step_concurrency: 3\nbootstrap_actions:\n- {name: a, path: a.sh}")

    made = load(cluster=s3.uri("conf/cluster.yaml"))

    assert made.step_concurrency == 3
    assert made.bootstrap_actions[0].path == s3.uri("conf/a.sh")


def test_paths_of_scripts_are_relative_to_the_file(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    paths = ["scripts/a.sh", "/opt/b.sh", "~/c.sh", "s3://bucket/d.sh"]
    actions = "".join(f"- {{name: a, path: {path}}}\n" for path in paths)

    made = file.load(f"bootstrap_actions:\n{actions}")

    assert [action.path for action in made.bootstrap_actions] == [
        str(file.path.parent / "scripts/a.sh"),
        "/opt/b.sh",
        "/home/me/c.sh",
        "s3://bucket/d.sh",
    ]


def test_a_variable_overrides_one_field_of_the_file(file: File) -> None:
    made = file.load(
        "core: {on_demand: 3, spot: 1}\nstep_concurrency: 2\n", CLUSTER__CORE__ON_DEMAND="5"
    )

    assert (made.core.on_demand, made.core.spot, made.step_concurrency) == (5, 1, 2)


def test_settings_with_their_own_variables_override_everything(file: File) -> None:
    made = file.load(
        "idle_timeout_seconds: 100\nstep_limit_seconds: 100\nscope: shared\n",
        CLUSTER__IDLE_TIMEOUT_SECONDS="200",
        IDLE_TIMEOUT_SECONDS="900",
        STEP_LIMIT_SECONDS="50",
        CLUSTER_SCOPE="run",
    )

    assert made.idle_timeout_seconds == 900
    assert made.step_limit_seconds == 50
    assert made.scope == "run"


def test_a_variable_for_a_part_overrides_one_for_the_whole(file: File) -> None:
    made = file.load("", CLUSTER__CORE="{on_demand: 2, spot: 2}", CLUSTER__CORE__SPOT="4")

    assert (made.core.on_demand, made.core.spot) == (2, 4)


def test_a_variable_may_be_a_list_or_null(file: File) -> None:
    made = file.load(
        "managed_scaling: {minimum: 1, maximum: 2}\nsubnets: [subnet-1]\n",
        CLUSTER__MANAGED_SCALING="null",
        CLUSTER__SUBNETS="[subnet-2, subnet-3]",
    )

    assert made.managed_scaling is None
    assert made.subnets == ("subnet-2", "subnet-3")


def test_keys_chosen_by_the_user_keep_the_case_of_the_variable(file: File) -> None:
    made = file.load(
        "", CLUSTER__TAGS__CostCenter="42", CLUSTER__OVERRIDES__Instances__Ec2KeyName="mine"
    )

    assert made.tags == {"CostCenter": "42"}
    assert made.overrides == {"Instances": {"Ec2KeyName": "mine"}}


@pytest.mark.parametrize("fields", [{"core__on_demand": 2}, {"core": {"on_demand": 2}}])
def test_fields_may_be_nested_or_joined_in_one_name(fields: dict[str, Any]) -> None:
    assert load(cluster_fields=fields).core.on_demand == 2


def test_properties_and_tags_keep_the_text_as_written(file: File) -> None:
    made = file.load(
        "spark_conf: {spark.a: true, spark.b: 1.50, spark.c: 010}\ntags: {cost: 007}\n"
        "configurations:\n- Classification: spark\n"
        "  Properties: {maximizeResourceAllocation: true}\n"
    )

    assert made.spark_conf == {"spark.a": "true", "spark.b": "1.50", "spark.c": "010"}
    assert made.tags == {"cost": "007"}
    assert made.configurations[0].properties == {"maximizeResourceAllocation": "true"}


@pytest.mark.parametrize(
    ("label", "spark", "python"),
    [
        ("emr-spark-8.1.0", "4.1.1", None),
        ("emr-spark-8.0.0", "4.0.2", None),
    ],
)
def test_spark_and_python_follow_from_the_release(
    label: str, spark: str, python: str | None
) -> None:
    made = config(release_label=label)

    assert (made.spark, made.python) == (spark, python)


def test_an_unknown_release_needs_its_spark(file: File) -> None:
    assert file.load("release_label: emr-spark-9.0.0\nspark: 4.2.0\n").spark == "4.2.0"
    assert file.mistake("release_label: emr-spark-9.0.0\n") == (
        "1:1: release_label: its Spark is not known: set it, for example spark: 4.1.1; "
        "known releases are emr-spark-8.1.0, emr-spark-8.0.0"
    )


def test_an_override_with_a_field_of_ours_sets_that_field(file: File) -> None:
    made = file.load(
        "release_label: emr-spark-8.1.0\noverrides:\n  ReleaseLabel: emr-spark-8.0.0\n"
        "  LogUri: s3://logs/here\n  StepConcurrencyLevel: 4\n  VisibleToAllUsers: false\n"
    )

    assert (made.release_label, made.spark, made.step_concurrency) == (
        "emr-spark-8.0.0",
        "4.0.2",
        4,
    )
    assert made.log_address(LAKE) == "s3://logs/here/"
    assert made.overrides == {"VisibleToAllUsers": False}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"release_label": "emr-7.14.0", "spark": "3.5.8"}, "only jobs of your own run there"),
        ({"core": {"spot": 1}}, "core is on spot"),
        ({"primary": {"on_demand": 0, "spot": 1}}, "primary is on spot"),
        ({"task": {"instance_types": ["m5.xlarge"]}}, "one instance type"),
        ({"task": {"spot_timeout_minutes": 60}}, "a cluster is given up after 3600 seconds"),
    ],
)
def test_unusual_choices_are_noted(fields: dict[str, Any], expected: str) -> None:
    (note,) = config(**fields).notes
    assert expected in note


def test_a_configuration_is_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        config().step_concurrency = 2


def test_loading_does_not_change_its_arguments() -> None:
    overrides = {"ReleaseLabel": "emr-spark-8.0.0", "Instances": {"Ec2KeyName": "a"}}
    fields = {"cluster_fields": {"overrides": overrides, "core": {"on_demand": 2}}}

    load(**fields)

    assert fields == {
        "cluster_fields": {
            "overrides": {"ReleaseLabel": "emr-spark-8.0.0", "Instances": {"Ec2KeyName": "a"}},
            "core": {"on_demand": 2},
        }
    }
