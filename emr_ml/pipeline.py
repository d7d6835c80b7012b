"""A training pipeline: its contract, its sources, and the names of what it defines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from emr_ml import sample_data
from emr_ml.contract import Contract, load_contract
from emr_ml.contract.loading import override
from emr_ml.launchers import launcher_on
from emr_ml.launchers.base import Launcher
from emr_ml.settings import Deployment, Settings
from spark_jobs.runtime.lake import Lake

OWNERS = ("team:machine-learning",)
TRAINING, SCORING = "training", "scoring"


@dataclass(frozen=True)
class Pipeline:
    """What the assets, jobs, sensors and schedules of one pipeline have in common.

    Args:
        contract: path or `s3://` address of the contract.
        source: file, folder or `s3://` prefix to train on; None for the sample.
        scoring_source: the same with rows to score; None if there are none.
        prefix: parts that come before the name of each asset; the lake has a folder of that path.
        group: of all assets in the UI; "" for one group of training and one of scoring.
        owners: of the assets.
        late_after_days: age at which an asset's freshness warns; it fails at twice that age.
        retraining_cron: when the model is trained even without new data.
        evaluation_cron: when the champion is evaluated again.
        time_zone: of both.
        retention_champions: number of latest champions that stay in the lake.
        thresholds: values that replace those of the contract's `checks`.
        promotion: values that replace those of the contract's `promotion`.
        deployment: where its jobs run; None for where the settings say.
    """

    contract: str
    source: str | None
    scoring_source: str | None
    late_after_days: float
    retraining_cron: str
    evaluation_cron: str
    time_zone: str
    retention_champions: int
    sample_folder: str
    prefix: tuple[str, ...] = ()
    group: str = ""
    owners: tuple[str, ...] = OWNERS
    thresholds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    promotion: Mapping[str, Any] = field(default_factory=dict[str, Any])
    deployment: Deployment | None = None

    @classmethod
    def of_settings(cls, settings: Settings, **options: Any) -> "Pipeline":
        """Return the pipeline that the environment describes; `options` replace its fields."""
        fields: dict[str, Any] = {
            "contract": settings.dataset,
            "source": settings.source,
            "scoring_source": settings.scoring_source,
            "late_after_days": settings.late_after_days,
            "retraining_cron": settings.retraining_cron,
            "evaluation_cron": settings.evaluation_cron,
            "time_zone": settings.time_zone,
            "retention_champions": settings.retention_champions,
            "sample_folder": settings.sample_folder,
        }
        return cls(**{**fields, **options})

    def key(self, asset: str) -> dg.AssetKey:
        """Return the key of one of the pipeline's assets."""
        return dg.AssetKey([*self.prefix, asset])

    def name(self, name: str) -> str:
        """Return the name of a job, sensor, schedule or group, which must differ by pipeline."""
        return "_".join([*self.prefix, name]).replace("-", "_")

    def lake(self, base: Lake) -> Lake:
        """Return the pipeline's part of the lake."""
        return base.below("/".join(self.prefix)) if self.prefix else base

    def launcher(self, base: Launcher) -> Launcher:
        """Return the launcher of the pipeline's deployment, on its part of the lake.

        Args:
            base: the launcher of the settings' deployment.

        Raises:
            Failure: the deployment's configuration can't be used.
        """
        return launcher_on(self.deployment, base).on(self.lake(base.lake))

    def load_contract(self) -> Contract:
        """Load the contract, with the pipeline's thresholds.

        Raises:
            ContractError: the contract, or a threshold, can't be used.
        """
        overrides = {"checks": self.thresholds, "promotion": self.promotion}
        return override(load_contract(self.contract), overrides, self.contract)

    def training_source(self) -> str:
        """Return the files to train on; writes the sample if there are none of one's own."""
        return self.source or str(sample_data.breast_cancer(Path(self.sample_folder)))

    def files_to_score(self) -> str | None:
        """Return the files with rows to score: those of the sample if it is what is trained on."""
        if self.scoring_source is None and self.source is None:
            return str(sample_data.undiagnosed(Path(self.sample_folder)))
        return self.scoring_source
