"""`emr_ml.TrainingPipeline`: from files to a champion, its metrics and its predictions."""

from typing import Annotated, Any

import dagster as dg
from pydantic import Field, field_validator

from emr_ml.assets.champion_metrics import make_champion_metrics
from emr_ml.assets.champion_model import make_champion_model
from emr_ml.assets.exported_model import make_exported_model
from emr_ml.assets.lr_model import make_lr_model
from emr_ml.assets.metrics import make_metrics
from emr_ml.assets.predictions import make_predictions
from emr_ml.assets.processed_dataset import make_processed_dataset
from emr_ml.assets.raw_csv_s3 import make_raw_csv_s3
from emr_ml.assets.raw_scoring_csv_s3 import make_raw_scoring_csv_s3
from emr_ml.components.base import (
    LocatedComponent,
    OwnDeployment,
    address,
    check_characters,
    check_folder_name,
    check_positive,
    claim_prefix,
    described,
    located_errors,
    own_deployment,
    path,
    text,
    texts,
)
from emr_ml.components.scaffolding import PipelineScaffolder
from emr_ml.jobs import evaluation_job, scoring_job, training_job
from emr_ml.pipeline import OWNERS, Pipeline
from emr_ml.schedules import pipeline_schedules
from emr_ml.sensors import new_data_sensor
from emr_ml.settings import Settings, load_settings


class Schedules(dg.Model, dg.Resolvable):
    """When a pipeline runs by itself. What is unset is as in the settings."""

    retraining: Annotated[str | None, described("cron of training, also without new data")] = None
    evaluation: Annotated[str | None, described("cron of the champion's evaluation")] = None
    time_zone: Annotated[str | None, described("time zone of both")] = None


class Retention(dg.Model, dg.Resolvable):
    """What a clean-up of the lake keeps."""

    champions: Annotated[int | None, described("number of latest champions", minimum=2)] = None

    @field_validator("champions")
    @classmethod
    def _at_least_two(cls, value: int | None) -> int | None:
        if value is not None and value < 2:
            raise ValueError("must be at least 2: the champion, and the one to roll back to")
        return value


@dg.scaffold_with(PipelineScaffolder)
class TrainingPipeline(LocatedComponent):
    """Trains a model on a data set, evaluates it, and scores new rows with the champion.

    Raises:
        ValidationError: an attribute can't be used.
    """

    contract: Annotated[
        str,
        described("contract of the data set: a path from this folder, or s3://", path, str | None),
    ]
    source: Annotated[
        str | None,
        described(
            "file, folder or s3:// prefix to train on; if unset, sample data", address, str | None
        ),
    ] = None
    scoring_source: Annotated[
        str | None, described("file, folder or s3:// prefix with rows to score", address, Any)
    ] = None
    key_prefix: Annotated[
        list[str],
        described("comes before the name of each asset; each pipeline has its own", texts, Any),
    ] = Field(default_factory=list[str])
    group: Annotated[str | None, described("group of all assets", text, str | None)] = None
    owners: Annotated[list[str], described("owners of the assets", texts, Any)] = Field(
        default_factory=lambda: list(OWNERS)
    )
    schedules: Annotated[Schedules, described("when it runs by itself")] = Schedules()
    retention: Annotated[Retention, described("what a clean-up keeps")] = Retention()
    late_after_days: Annotated[
        float | None, described("age in days at which freshness warns", exclusiveMinimum=0)
    ] = None
    thresholds: Annotated[dict[str, Any], described("replace those of the contract's `checks`")] = (
        Field(default_factory=dict[str, Any])
    )
    deployment: OwnDeployment = None
    promotion: Annotated[
        dict[str, Any], described("replaces values of the contract's `promotion`")
    ] = Field(default_factory=dict[str, Any])

    @field_validator("key_prefix")
    @classmethod
    def _check_prefix(cls, value: list[str]) -> list[str]:
        for part in value[1:]:
            check_characters(part)
        for first in value[:1]:
            check_folder_name(first)
        return value

    _check_late = field_validator("late_after_days")(check_positive)

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline; what is unset here is as in the settings."""
        given = {
            "retraining_cron": self.schedules.retraining,
            "evaluation_cron": self.schedules.evaluation,
            "time_zone": self.schedules.time_zone,
            "retention_champions": self.retention.champions,
            "late_after_days": self.late_after_days,
        }
        return Pipeline.of_settings(
            load_settings(),
            contract=self.contract,
            source=self.source,
            scoring_source=self.scoring_source,
            prefix=tuple(self.key_prefix),
            group=self.group or "",
            owners=tuple(self.owners),
            thresholds=self.thresholds,
            promotion=self.promotion,
            deployment=own_deployment(self.deployment),
            **{name: value for name, value in given.items() if value is not None},
        )

    def build_defs(self, context: dg.ComponentLoadContext | None = None) -> dg.Definitions:
        """Return assets, checks, jobs, sensors and schedules; none if only a sample would run.

        Args:
            context: of the file that describes the pipeline; None in Python.

        Raises:
            ProjectError: another pipeline has the same prefix.
            SettingsError: a cron expression or the time zone is invalid, or jobs of the
                deployment can't reach the lake.
        """
        settings = load_settings()
        if self.source is None and settings.names_a_source:
            return dg.Definitions()
        claim_prefix(context, tuple(self.key_prefix))
        pipeline = self.pipeline
        with located_errors(context):
            settings.on(pipeline.deployment)
        return pipeline_definitions(pipeline, settings)


def pipeline_assets(pipeline: Pipeline) -> list[dg.AssetsDefinition]:
    """Return the assets of a pipeline, in the order in which they depend on each other."""
    return [
        make(pipeline)
        for make in (
            make_raw_csv_s3,
            make_processed_dataset,
            make_lr_model,
            make_metrics,
            make_champion_model,
            make_champion_metrics,
            make_exported_model,
            make_raw_scoring_csv_s3,
            make_predictions,
        )
    ]


def pipeline_definitions(pipeline: Pipeline, settings: Settings) -> dg.Definitions:
    """Return all definitions of a pipeline in a deployment."""
    training, scoring = training_job(pipeline), scoring_job(pipeline)
    evaluation = evaluation_job(pipeline)
    return dg.Definitions(
        assets=pipeline_assets(pipeline),
        jobs=[training, evaluation, scoring],
        sensors=[
            new_data_sensor(
                pipeline.name("new_data_sensor"), training, pipeline.source, "source", settings
            ),
            new_data_sensor(
                pipeline.name("new_scoring_data_sensor"),
                scoring,
                pipeline.scoring_source,
                "scoring_source",
                settings,
            ),
        ],
        schedules=pipeline_schedules(pipeline, training, evaluation, settings),
    )
