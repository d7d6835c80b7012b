"""`emr_ml.SparkJob`: one asset that a Spark job of the user's own package computes."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
from pydantic import BaseModel, Field, ValidationError, create_model, field_validator

from emr_ml import sample_data
from emr_ml.assets.catalogue import (
    CODE_VERSION_DIGITS,
    CONTRACT,
    DEPLOYMENT,
    MANIFEST_VERSION,
    MODULE,
    SOURCE,
    source_kinds,
)
from emr_ml.checks.check import Check
from emr_ml.checks.rows import ROW_CHECKS
from emr_ml.checks.snapshot import SNAPSHOT_CHECKS, shrunk
from emr_ml.components.base import (
    LocatedComponent,
    OwnDeployment,
    address,
    check_folder_name,
    check_positive,
    described,
    located_errors,
    own_deployment,
    path,
    text,
    texts,
)
from emr_ml.components.scaffolding import JobScaffolder
from emr_ml.contract import NO_CONTRACT, Contract, load_contract
from emr_ml.errors import UserError
from emr_ml.jobs import Job
from emr_ml.lake.job_code import job_code
from emr_ml.launchers import launcher_on
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import JobSpec, SparkConfig, materialize, materialize_snapshot
from emr_ml.pipeline import OWNERS
from emr_ml.run_config import RunConfigError
from emr_ml.sensors import new_data_sensor
from emr_ml.settings import Settings, load_settings
from emr_ml.ui.docs import described as with_page
from emr_ml.ui.docs import page_reference
from emr_ml.ui.run_tags import PIPELINE, RUN_PIPELINE
from spark_jobs.runtime.execution import SCRIPT

READING_FIELDS = ("format", "dialect", "missing", "columns", "label", "id", "weight")
PAGE = "pipelines"  # of the documentation
SAMPLE_SALES = "sample://sales"  # generated, and read only if no source is named


@dg.scaffold_with(JobScaffolder)
class SparkJob(LocatedComponent):
    """Computes one asset by a Spark job: a module with `run(spark, request, log)`.

    The module, and what it imports from its own package, are the code of each version. They reach
    every node of a cluster.
    """

    module: Annotated[
        str, described("full name of the job's module, such as shop.jobs.baskets", text, str)
    ]
    key: Annotated[str, described("name of the asset: letters, digits, - and _", text, str)]
    arguments: Annotated[
        list[str] | None,
        described(
            "run the module as a script with these arguments; {output} is the folder to write to, "
            "{NAME} the files of that input",
            texts,
            Any,
        ),
    ] = None
    source: Annotated[
        str | None,
        described("file, folder or s3:// prefix to read", address, Any),
    ] = None
    source_key: Annotated[
        str | None, described("key of the list of the source's files; default: raw_KEY", text, Any)
    ] = None
    upstream: Annotated[
        list[str], described("keys of the assets that the job reads", texts, Any)
    ] = Field(default_factory=list[str])
    params: Annotated[dict[str, Any], described("parameters: `request.params` of the job")] = Field(
        default_factory=dict[str, Any]
    )
    config: Annotated[
        str | None,
        described("pydantic model of the parameters, which become the run config", text, Any),
    ] = None
    contract: Annotated[
        str | None,
        described("contract of the source: a path from this folder, or s3://", path, str | None),
    ] = None
    checks: Annotated[
        list[str], described("checks, by the full names of their declarations", texts, Any)
    ] = Field(default_factory=list[str])
    name: Annotated[
        str | None,
        described(
            "names the job NAME_job and the sensor new_NAME_sensor; default: the key", text, Any
        ),
    ] = None
    description: Annotated[str | None, described("description of the asset", text, Any)] = None
    group: Annotated[str | None, described("group of the assets", text, str | None)] = None
    owners: Annotated[list[str], described("owners of the assets", texts, Any)] = Field(
        default_factory=lambda: list(OWNERS)
    )
    late_after_days: Annotated[
        float | None, described("age in days at which freshness warns", exclusiveMinimum=0)
    ] = None
    deployment: OwnDeployment = None

    @field_validator("key", "source_key")
    @classmethod
    def _check_key(cls, value: str | None) -> str | None:
        return value if value is None else check_folder_name(value)

    _check_late = field_validator("late_after_days")(check_positive)

    def build_defs(self, context: dg.ComponentLoadContext | None = None) -> dg.Definitions:
        """Return the asset, its source's, a job and a sensor; none if only a sample would run.

        Args:
            context: of the file that describes the job; None in Python.

        Raises:
            JobCodeError: there is no such module.
            ComponentError: the model of the parameters, or a check, can't be imported.
            SettingsError: the job can't reach the lake from its deployment.
        """
        settings = load_settings()
        if self.source == SAMPLE_SALES and settings.names_a_source:
            return dg.Definitions()
        with located_errors(context):
            settings.on(own_deployment(self.deployment))
            assets = [self._asset(settings)]
        if self.source:
            assets.insert(0, self._snapshot(settings))
        name = (self.name or self.key).replace("-", "_")
        job: Job = dg.define_asset_job(
            f"{name}_job",
            selection=dg.AssetSelection.assets(*(asset.key for asset in assets)),
            description=f"Computes {self.key}.",
            tags={RUN_PIPELINE: self._group},
        )
        sensors: list[dg.SensorDefinition] = []
        if self.source:
            watched = None if self.source == SAMPLE_SALES else self.source
            sensor_name = f"new_{name}_sensor"
            sensors.append(new_data_sensor(sensor_name, job, watched, "source", settings))
        return dg.Definitions(assets=assets, jobs=[job], sensors=sensors)

    @property
    def _group(self) -> str:
        return self.group or (self.name or self.key).replace("-", "_")

    @property
    def _snapshot_key(self) -> str:
        return self.source_key or f"raw_{self.key}"

    def _load_contract(self) -> Contract:
        return load_contract(self.contract) if self.contract else NO_CONTRACT

    def _options(self, settings: Settings) -> dict[str, Any]:
        late = timedelta(days=self.late_after_days or settings.late_after_days)
        group = self._group
        return {
            "group_name": group,
            "owners": self.owners,
            "tags": {"domain": group, PIPELINE: group},
            "freshness_policy": dg.FreshnessPolicy.time_window(
                fail_window=2 * late, warn_window=late
            ),
        }

    def _snapshot(self, settings: Settings) -> dg.AssetsDefinition:
        key = dg.AssetKey(self._snapshot_key)
        checks = SNAPSHOT_CHECKS if self.contract else (shrunk,)

        decorate: Any = dg.asset(
            key=key,
            kinds=source_kinds(self.source, self.contract),
            metadata={
                SOURCE: None if self.source == SAMPLE_SALES else self.source,
                **({CONTRACT: self.contract} if self.contract else {}),
                **page_reference(PAGE),
            },
            code_version=MANIFEST_VERSION,
            check_specs=[each.spec(key) for each in checks],
            description=with_page("The files of the source: name, size and content of each.", PAGE),
            **self._options(settings),
        )

        def snapshot(
            context: dg.AssetExecutionContext, launcher: dg.ResourceParam[Launcher]
        ) -> Iterator[dg.MaterializeResult]:
            source = self._files(settings)
            yield from materialize_snapshot(
                context,
                launcher.lake,
                source,
                self._load_contract,
                checks=checks,
                prepare=launcher.prepare,
            )

        return decorate(snapshot)

    def _files(self, settings: Settings) -> str:
        if self.source == SAMPLE_SALES:
            return str(sample_data.sales(Path(settings.sample_folder)))
        return str(self.source)

    def _asset(self, settings: Settings) -> dg.AssetsDefinition:
        key = dg.AssetKey(self.key)
        checks = (*(ROW_CHECKS if self.contract else ()), *map(_find_check, self.checks))
        inputs = (*((self._snapshot_key,) if self.source else ()), *self.upstream)
        is_script = self.arguments is not None
        spec = JobSpec(
            contract_fields=READING_FIELDS if self.contract else (),
            inputs=inputs,
            checks=checks,
            module=f"{SCRIPT}{self.module}" if is_script else self.module,
        )
        config_class = self._config_class()

        decorate: Any = dg.asset(
            key=key,
            deps=[dg.AssetKey(name.split("/")) for name in inputs],
            kinds={"spark", "parquet"},
            metadata={
                MODULE: spec.module,
                **({DEPLOYMENT: self.deployment} if self.deployment else {}),
                **page_reference(PAGE),
            },
            code_version=job_code(self.module).digest[:CODE_VERSION_DIGITS],
            check_specs=[each.spec(key) for each in checks],
            description=with_page(self.description or f"What {self.module} computes.", PAGE),
            **self._options(settings),
        )

        def spark_job(
            context: dg.AssetExecutionContext,
            config: config_class,  # pyright: ignore[reportInvalidTypeForm] - made from the user's
            launcher: dg.ResourceParam[Launcher],
        ) -> Iterator[dg.MaterializeResult]:
            yield from materialize(
                context,
                launcher_on(own_deployment(self.deployment), launcher),
                spec,
                self._load_contract,
                params=lambda _: self._params_of(config),
                force=config.force,
            )

        return decorate(spark_job)

    def _config_class(self) -> type[SparkConfig]:
        """Return the run config: `force`, and the fields of the user's model."""
        model = self._model()
        if model is None:
            return SparkConfig
        fields: dict[str, Any] = {
            name: (
                field.annotation,
                Field(
                    self.params.get(name, ... if field.is_required() else field.default),
                    description=field.description,
                ),
            )
            for name, field in model.model_fields.items()
        }
        return create_model(f"{self.key}_config", __base__=SparkConfig, **fields)

    def _params_of(self, config: SparkConfig) -> Mapping[str, Any]:
        """Return the parameters of the job, checked by the user's model.

        Raises:
            RunConfigError: a value in the run config is out of bounds.
        """
        if self.arguments is not None:
            return {**self.params, "arguments": self.arguments}
        if (model := self._model()) is None:
            return self.params
        values = {name: getattr(config, name) for name in model.model_fields}
        try:
            return model.model_validate({**self.params, **values}).model_dump(mode="json")
        except ValidationError as error:
            problems = [
                f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
            ]
            raise RunConfigError(self.key, "; ".join(problems)) from error

    def _model(self) -> type[BaseModel] | None:
        return _import_name(self.config, "config", BaseModel) if self.config else None


class ComponentError(UserError):
    """An attribute names something that can't be imported."""


def _find_check(name: str) -> Check:
    """Return a check by the full name of its declaration."""
    found = _import_name(name, "checks", None)
    if not isinstance(found, Check):
        raise ComponentError(
            f"`checks`: {name} is not a check", fix="declare it with `emr_ml.checks.check.check`"
        )
    return found


def _import_name(name: str, attribute: str, base: type | None) -> Any:
    """Import what a full name stands for.

    Raises:
        ComponentError: it does not exist, or is not a subclass of `base`.
    """
    module, _, attribute_name = name.rpartition(".")
    try:
        found = getattr(import_module(module), attribute_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ComponentError(
            f"`{attribute}`: {name} can't be imported: {error}",
            fix="give the full name, such as shop.jobs.options.Options",
        ) from error
    if base and not (isinstance(found, type) and issubclass(found, base)):
        raise ComponentError(
            f"`{attribute}`: {name} is not a pydantic {base.__name__}", fix="name a model"
        )
    return found
