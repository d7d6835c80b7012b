"""What `dg scaffold defs` writes for a component."""

from pathlib import Path

import dagster as dg
from pydantic import BaseModel, Field

CONTRACT = """\
# What the files contain. `emr-ml infer FILE --label COLUMN` writes one for a file.
columns:
  amount: numeric
  country: categorical
label:
  column: bought
  positive: "yes"
"""


class PipelineOptions(BaseModel):
    """Options of `dg scaffold defs emr_ml.TrainingPipeline`."""

    source: str = Field("data", description="file, folder or s3:// prefix to train on")


class PipelineScaffolder(dg.Scaffolder[PipelineOptions]):
    """Writes a `defs.yaml` and a contract to edit."""

    @classmethod
    def get_scaffold_params(cls) -> type[PipelineOptions]:
        return PipelineOptions

    def scaffold(self, request: dg.ScaffoldRequest[PipelineOptions]) -> None:
        folder = Path(request.target_path)
        attributes = {
            "contract": "contract.yaml",
            "source": _address(request.params.source),
            "key_prefix": [folder.name],
        }
        dg.scaffold_component(request, attributes)
        (folder / "contract.yaml").write_text(CONTRACT)


class JobOptions(BaseModel):
    """Options of `dg scaffold defs emr_ml.SparkJob`."""

    module: str = Field(description="full name of the module with `run(spark, request, log)`")
    source: str = Field("data", description="file, folder or s3:// prefix to read")


class JobScaffolder(dg.Scaffolder[JobOptions]):
    """Writes a `defs.yaml` for a job; its module is to be written."""

    @classmethod
    def get_scaffold_params(cls) -> type[JobOptions]:
        return JobOptions

    def scaffold(self, request: dg.ScaffoldRequest[JobOptions]) -> None:
        options, name = request.params, Path(request.target_path).name
        source = _address(options.source)
        attributes = {"key": name, "module": options.module, "source": source}
        dg.scaffold_component(request, attributes)


def _address(source: str) -> str:
    """Return a path as an absolute one: paths in a `defs.yaml` are relative to its folder."""
    return source if "://" in source else str(Path(source).absolute())
