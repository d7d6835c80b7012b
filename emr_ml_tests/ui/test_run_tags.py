"""Tags by which runs are filtered."""

from collections.abc import Mapping

import dagster as dg
import pytest

from emr_ml.definitions import defs
from emr_ml.ui.run_tags import champion_tag, tag_run


def asset_of(pipeline: str, key: str, tags: Mapping[str, str]) -> dg.AssetsDefinition:
    @dg.asset(key=key.split("/"), tags={"pipeline": pipeline})
    def tagging(context: dg.AssetExecutionContext) -> None:
        tag_run(context, tags)

    return tagging


def tags_of_run(*assets: dg.AssetsDefinition, tags: Mapping[str, str] | None = None) -> list[str]:
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([*assets], instance=instance, tags=dict(tags or {}))
        run = instance.get_run_by_id(result.run_id)
        assert run
        return sorted(f"{key}={value}" for key, value in run.tags.items() if "emr_ml" in key)


def test_a_run_has_its_pipeline_and_what_its_assets_say() -> None:
    asset = asset_of("churn", "churn/raw_csv_s3", {"raw_csv_s3": "592588c7"})

    assert tags_of_run(asset) == ["emr_ml/churn.raw_csv_s3=592588c7", "emr_ml/pipeline=churn"]


def test_the_pipeline_without_a_prefix_has_short_tags() -> None:
    asset = asset_of("training", "champion_model", champion_tag(promoted=True, exists=True))

    assert tags_of_run(asset) == ["emr_ml/champion=new", "emr_ml/pipeline=training"]


def test_a_run_of_several_pipelines_says_so() -> None:
    assets = [asset_of(name, f"{name}/lr_model", {}) for name in ("churn", "fraud")]

    assert tags_of_run(*assets) == ["emr_ml/pipeline=several"]


def test_what_the_job_says_of_its_pipeline_stays() -> None:
    asset = asset_of("churn", "churn/lr_model", {})

    assert tags_of_run(asset, tags={"emr_ml/pipeline": "all"}) == ["emr_ml/pipeline=all"]


@pytest.mark.parametrize(
    ("promoted", "exists", "value"),
    [(True, True, "new"), (False, True, "kept"), (False, False, "none")],
)
def test_the_tag_of_the_champion_says_what_became_of_it(
    *, promoted: bool, exists: bool, value: str
) -> None:
    assert champion_tag(promoted=promoted, exists=exists) == {"champion": value}


@pytest.mark.parametrize(
    ("job", "pipeline"),
    [
        *((f"{name}_job", "training") for name in ("training", "evaluation", "scoring")),
        ("sales_job", "sales"),
        ("everything_job", "all"),
    ],
)
def test_runs_of_a_job_are_found_by_its_pipeline(job: str, pipeline: str) -> None:
    assert defs.resolve_job_def(job).run_tags["emr_ml/pipeline"] == pipeline
