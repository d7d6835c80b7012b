"""Training pipelines as components: names, places, and mistakes with file and line."""

from typing import Any

import pytest

from emr_ml.components.loading import merge
from emr_ml.components.training_pipeline import TrainingPipeline
from emr_ml.contract import ContractError
from emr_ml.errors import UserError
from emr_ml.lake.champion import read_champion
from emr_ml_tests.components.project import Project, keys, materialize
from spark_jobs.runtime.lake import open_lake

NAMES = {
    *("raw_csv_s3", "processed_dataset", "lr_model", "metrics", "champion_model"),
    *("champion_metrics", "exported_model", "raw_scoring_csv_s3", "predictions"),
}


def test_two_pipelines_have_assets_jobs_sensors_and_schedules_of_their_own(
    project: Project,
) -> None:
    project.pipeline("churn")
    project.pipeline("fraud")

    repository = project.load().get_repository_def()

    found = {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()}
    assert found == {f"{prefix}/{name}" for prefix in ("churn", "fraud") for name in NAMES}
    for prefix in ("churn", "fraud"):
        assert repository.has_job(f"{prefix}_training_job")
        assert repository.has_sensor_def(f"{prefix}_new_data_sensor")
        assert repository.has_schedule_def(f"{prefix}_retraining_schedule")
    assert repository.has_job("everything_job")
    assert repository.has_job("clean_lake_job")


def test_a_job_selects_the_assets_of_its_pipeline_alone(project: Project) -> None:
    project.pipeline("churn")
    project.pipeline("fraud")

    job = project.load().resolve_job_def("churn_training_job")

    selected = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    scored = {"champion_metrics", "raw_scoring_csv_s3", "predictions"}
    assert selected == {f"churn/{name}" for name in NAMES - scored}


@pytest.mark.soak
@pytest.mark.usefixtures("spark")
def test_two_pipelines_do_not_share_versions_or_champions(project: Project) -> None:
    project.pipeline("churn")
    project.pipeline("fraud")
    names = ("raw_csv_s3", "processed_dataset", "lr_model", "metrics", "champion_model")
    definitions = project.load()

    both = [f"{prefix}/{name}" for prefix in ("churn", "fraud") for name in names]
    result = materialize(definitions, *both)

    assert result.success
    lake = open_lake(str(project.folder.parent / "lake"))
    champions = [read_champion(lake.below(prefix)) for prefix in ("churn", "fraud")]
    assert all(champions)
    assert read_champion(lake) is None
    reused = [
        event.materialization.metadata["reused"].value
        for event in result.get_asset_materialization_events()
    ]
    assert not any(reused)


def test_two_pipelines_with_one_prefix_are_refused_with_both_files(project: Project) -> None:
    first = project.pipeline("churn")
    second = project.pipeline("fraud", key_prefix=["churn"])

    with pytest.raises(UserError) as caught:
        project.load()

    text = str(caught.value)
    assert "have the same key_prefix, churn" in text
    assert f"{first}:1" in text
    assert f"{second}:1" in text


def test_two_prefixes_whose_jobs_would_have_one_name_are_refused_as_such(project: Project) -> None:
    project.pipeline("churn", key_prefix=["a", "b"])
    project.pipeline("fraud", key_prefix=["a_b"])

    with pytest.raises(UserError) as caught:
        project.load()

    text = str(caught.value)
    assert "have key prefixes, a/b and a_b, that both name their jobs a_b_" in text


@pytest.mark.parametrize(
    ("attributes", "line", "problem"),
    [
        ({"colour": "red"}, 7, "colour"),
        ({"late_after_days": "soon"}, 7, "late_after_days"),
        ({"late_after_days": -1}, 7, "must be more than 0"),
        ({"retention": {"champions": 1}}, 8, "must be at least 2"),
        ({"contract": "missing.yaml"}, 3, "does not exist"),
        ({"source": "data/{{ env.NOT_SET }}"}, 4, "a variable in it is not set"),
        ({"key_prefix": ["code"]}, 5, "is a folder that all pipelines share"),
        ({"key_prefix": ["packages"]}, 5, "is a folder that all pipelines share"),
        ({"key_prefix": ["applications"]}, 5, "is a folder that all pipelines share"),
        ({"key_prefix": ["a b"]}, 5, "may contain only letters, digits"),
        ({"deployment": "emr-serverles"}, 7, "did you mean emr-serverless?"),
        ({"deployment": "local"}, 7, "should be emr or emr-serverless or"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    project: Project, attributes: dict[str, Any], line: int, problem: str
) -> None:
    path = project.pipeline("churn", **attributes)

    with pytest.raises(UserError) as caught:
        project.load()

    told = str(caught.value)
    assert told.startswith(f"{path}:{line}: attributes.")
    assert problem in told
    assert "\n" not in told


def test_a_text_that_looks_like_a_number_stays_a_text(project: Project) -> None:
    project.pipeline("churn", key_prefix=["2024"])

    assert "2024/lr_model" in keys(project.load())


def test_thresholds_replace_those_of_the_contract(project: Project) -> None:
    path = project.pipeline("churn")
    contract = str(path.with_name("contract.yaml"))

    made = TrainingPipeline(
        contract=contract, thresholds={"max_drift": 0.7}, promotion={"min_improvement": 0.2}
    ).pipeline.load_contract()

    assert made.checks.max_drift == 0.7
    assert made.promotion.min_improvement == 0.2


def test_a_threshold_that_does_not_exist_is_named(project: Project) -> None:
    contract = str(project.pipeline("churn").with_name("contract.yaml"))
    component = TrainingPipeline(contract=contract, thresholds={"max_drifft": 1})

    with pytest.raises(ContractError, match=r"max_drifft.*max_drift"):
        component.pipeline.load_contract()


def test_it_is_built_in_python_as_well(project: Project) -> None:
    contract = str(project.pipeline("churn").with_name("contract.yaml"))

    made = TrainingPipeline(contract=contract, source="toy.csv", key_prefix=["a", "b"]).build_defs()

    assert keys(merge(made)) == {f"a/b/{name}" for name in NAMES}
