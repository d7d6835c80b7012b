"""Writes docs/reference/ from the code that it describes: `make reference`.

`emr_ml_tests/test_reference.py` fails if a page is not what this writes.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import click

from emr_ml.cli import main as emr_ml
from emr_ml.commands.up import with_all_options
from emr_ml.components.spark_job import SparkJob
from emr_ml.components.training_pipeline import TrainingPipeline
from emr_ml.contract.json_schema import contract_schema
from emr_ml.contract.schema import METRICS
from emr_ml.model_report.wording import FIGURES, SEVERAL_CLASSES
from emr_ml.settings import Settings
from scripts.reference_words import allowed_by, in_words, literal, paragraph, table
from spark_jobs.cleaning import figures as of_tables
from spark_jobs.evaluation import figures as of_metrics
from spark_jobs.learning import figures as of_models
from spark_jobs.runtime.report import Report

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
FOLDER = DOCS / "reference"
WIDTH = 80
UNSET = "__DAGSTER_UNSET_DEFAULT__"  # of a default that a factory makes

# settings whose default follows from where the project is, or from another setting
DEFAULTS = {
    "deployment": "`local`; `emr` with a stack",
    "lake": "`lake` in this folder; the stack's with a stack",
    "dataset": "the sample's",
    "sample_folder": "`sample` in this folder",
    "dagster_home": "this folder",
}
# settings that many variables make, by the first words of these variables
FAMILIES = {
    "cluster_fields": "EMR_ML_CLUSTER__<FIELD>",
    "serverless_fields": "EMR_ML_SERVERLESS__<FIELD>",
    "eks_fields": "EMR_ML_EKS__<FIELD>",
    "spark_submit_fields": "EMR_ML_SPARK_SUBMIT__<FIELD>",
}
NOT_SET_BY_USERS = ("stack_fields",)
# pages that mention settings without explaining them
NOT_EXPLAINING = ("index.md", "decisions.md", "benchmarks.md", "runbook.md")
# those that explain first what other pages name, too
EXPLAINING = ("settings.md", "emr.md", "deployment.md")

# n rows, y the label (1 or 0, or a number), p the probability of 1, ŷ the prediction; TP, FP, FN
# and TN count rows by label and prediction
FORMULAS = {
    "accuracy": "(TP + TN) / n",
    "precision": "TP / (TP + FP)",
    "recall": "TP / (TP + FN)",
    "f1": "2 TP / (2 TP + FP + FN)",
    "auc_roc": "(positive above negative + ties / 2) / pairs of a positive and a negative row",
    "auc_pr": "sum over thresholds of (recall - recall before) · precision",
    "log_loss": "-1/n · sum of ln(p) where y = 1, ln(1 - p) where y = 0; of classes, ln(p of y)",
    "brier": "1/n · sum of (p - y)²",
    "calibration_error": (
        "over ten bins of p of equal width: sum of rows/n · abs(share of y = 1 - mean of p)"
    ),
    "precision_at_recall_50": "max of TP / (TP + FP) over thresholds with TP / (TP + FN) ≥ 0.5",
    "precision_at_recall_80": "the same, ≥ 0.8",
    "precision_at_recall_90": "the same, ≥ 0.9",
    "rmse": "√(1/n · sum of (y - ŷ)²)",
    "mae": "1/n · sum of abs(y - ŷ)",
    "r2": "1 - sum of (y - ŷ)² / sum of (y - mean of y)²",
}
ASSETS: Mapping[str, Sequence[type]] = {
    "processed_dataset": (of_tables.DatasetFigures, of_tables.ColumnSummary),
    "lr_model": (of_models.ModelFigures, of_models.CandidateFigures, of_models.FeatureWeight),
    "metrics": (
        of_metrics.BinaryFigures,
        of_metrics.MulticlassFigures,
        of_metrics.RegressionFigures,
    ),
    "champion_model": (of_metrics.ComparisonFigures, of_metrics.RoleFigures),
    "predictions": (of_tables.PredictionFigures,),
}


# settings


def settings_page() -> str:
    """Return the page of all settings."""
    rows = (
        (f"`{variable}`", _meaning(name), _default_of_setting(name), _explained_in(variable))
        for name, variable in setting_variables().items()
    )
    return f"""# All settings

All settings are environment variables. `emr_ml/settings.py` reads them, and nothing else does.
Paths may also be `s3://` addresses where that makes sense. A value that can't be used is refused,
with the variable's name, before anything starts.

{table(("variable", "what", "default", "explained in"), rows)}
S3 uses AWS's standard variables (`AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` and so on); see
[MinIO](../minio.md). The attributes of [a pipeline or job](attributes.md) replace some settings for
that one.
"""


def setting_variables() -> dict[str, str]:
    """Return the variable that sets each field of the settings."""
    return {
        name: FAMILIES.get(name) or str(field.validation_alias or f"EMR_ML_{name.upper()}")
        for name, field in Settings.model_fields.items()
        if name not in NOT_SET_BY_USERS
    }


def _meaning(name: str) -> str:
    return str(Settings.model_fields[name].description)


def _default_of_setting(name: str) -> str:
    field = Settings.model_fields[name]
    if name in DEFAULTS:
        return DEFAULTS[name]
    if field.default_factory is not None or field.default is None:
        return "none"
    return literal(field.default)


def _explained_in(variable: str) -> str:
    """Return a link to the page with the variable in a table, or else to one that names it."""
    others = sorted(DOCS.glob("*.md"))
    first = [DOCS / name for name in EXPLAINING]
    pages = [path for path in [*first, *others] if path.name not in NOT_EXPLAINING]
    named = re.escape(variable.replace("<FIELD>", ""))
    for pattern in (rf"^\| `{named}", rf"`{named}", rf"\b{named}(?![A-Z_])"):
        for path in pages:
            if re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE):
                return f"[{path.stem}](../{path.name})"
    return ""


# the contract


def contract_page() -> str:
    """Return the page of all keys of the contract."""
    schema = contract_schema()
    names = [*schema["$defs"]]
    sections = "\n".join(
        f"## {name}\n\n{paragraph(schema['$defs'][name].get('description', ''))}\n\n"
        f"{_properties(schema['$defs'][name])}"
        for name in names
        if "properties" in schema["$defs"][name]
    )
    return f"""# Keys of the contract

Every key of [the contract](../contract.md), from the schema that editors check it by,
`emr_ml/contract/contract.schema.json`. That page has an example with all keys, and explains them.

{_properties(schema)}
{sections}"""


def _properties(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = (
        (
            f"`{name}`",
            allowed_by(value),
            "required" if name in required else literal(value.get("default")),
        )
        for name, value in schema["properties"].items()
    )
    return table(("key", "value", "default"), rows)


# components


def attributes_page() -> str:
    """Return the page of the components' attributes."""
    parts = "\n".join(
        f"## emr_ml.{component.__name__}\n\n{paragraph(component.__doc__ or '')}\n\n"
        f"{_attributes(component.model().model_json_schema())}"
        for component in (TrainingPipeline, SparkJob)
    )
    return f"""# Attributes of components

What stands under `attributes` in a `defs.yaml`: see [pipelines](../pipelines.md) and
[A Spark job of your own](../spark-job.md). A path is relative to the folder of the file. A value
may be a template, such as `"{{{{ env.CUSTOMERS }}}}"`. Where there is no default, the setting
counts.

{parts}"""


def _attributes(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows: list[tuple[str, str, str]] = []
    for name, value in schema["properties"].items():
        default = "required" if name in required else _default_of_attribute(value)
        rows.append((f"`{name}`", value.get("description", ""), default))
        for part in (each.get("$ref", "") for each in value.get("anyOf", ())):
            inner = schema.get("$defs", {}).get(part.rpartition("/")[2], {"properties": {}})
            rows.extend(
                (f"`{name}.{key}`", each.get("description", ""), _default_of_attribute(each))
                for key, each in inner["properties"].items()
            )
    return table(("attribute", "what", "default"), iter(rows))


def _default_of_attribute(value: Mapping[str, Any]) -> str:
    default = value.get("default")
    return "" if default in (None, UNSET) else literal(default)


# commands


def commands_page() -> str:
    """Return the page of all commands, as `--help` shows them."""
    assert isinstance(emr_ml, click.Group)
    names: dict[int, list[str]] = {}
    for name, command in emr_ml.commands.items():
        names.setdefault(id(command), []).append(name)
    parts = "\n".join(_command(emr_ml.commands[known[0]], known) for known in names.values())
    return f"""# Options of the commands

What `emr-ml COMMAND --help` prints; [commands](../commands.md) shows them at work. In this checkout
the command is `.venv/bin/emr-ml`. Mistakes end with a message and exit code 1, wrong options with
exit code 2.

{parts}"""


def _command(command: click.Command, names: Sequence[str]) -> str:
    also = f"Also called `emr-ml {'`, `'.join(names[1:])}`.\n\n" if names[1:] else ""
    return f"## emr-ml {names[0]}\n\n{also}{_help(command, f'emr-ml {names[0]}')}"


def _help(command: click.Command, path: str) -> str:
    with click.Context(command, info_name=path, terminal_width=WIDTH, color=False) as context:
        text = f"```text\n{with_all_options(command).get_help(context)}\n```\n"
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    return "\n".join((text, *(_help(each, f"{path} {name}") for name, each in inner)))


# figures


def metrics_page() -> str:
    """Return the page of the figures that judge a model."""
    rows = (
        (f"`{name}`", f"{title}: {meaning}", FORMULAS[name], ", ".join(problems_with(name)))
        for name, (title, meaning) in FIGURES.items()
    )
    several = "\n".join(f"- `{name}`: {meaning}." for name, (_, meaning) in SEVERAL_CLASSES.items())
    return f"""# Metrics and their formulas

Of n rows of the test split: y is the label (1 or 0, or a number), p the probability of 1, ŷ the
prediction at the model's threshold. TP, FP, FN and TN count rows by label and prediction. A figure
that does not apply to a problem, or is not finite, is null.

{table(("figure", "what", "formula", "of"), rows)}
Of several classes, unweighted means over the classes:

{several}

Each figure of `metrics` has a 95% interval, where that can be computed: see
[the report](../report.md#what-it-shows). Thresholds for them are `floors` under `checks` in
[the contract](../contract.md#checks).
"""


def problems_with(figure: str) -> list[str]:
    """Return the problems that have a figure."""
    return [problem for problem, names in METRICS.items() if figure in names]


def metadata_page() -> str:
    """Return the page of what a report has, and Dagster shows."""
    parts = "\n".join(
        f"## {asset}\n\n" + "\n".join(_figures(each) for each in kinds)
        for asset, kinds in ASSETS.items()
    )
    hints = get_type_hints(Report)
    rows = ((f"`{each.name}`", in_words(hints[each.name])) for each in fields(Report))
    return f"""# Reports and metadata

Each committed version has a `report.json` in [the lake](../versions.md#the-lake). Dagster shows
what it contains as metadata of the materialization: figures that are one value under their names
(those of `lr_model` measured on validation rows as `validation_…`), counts of rows as
`rows_…`, phases as `seconds_…`, and with them `reused`, `attempt`, `version` and `lake_path`. A run
that computed the version adds what that [cost](../costs.md).

{paragraph(Report.__doc__ or "")}

{table(("field of report.json", "value"), rows)}
{parts}"""


def _figures(kind: type) -> str:
    hints = get_type_hints(kind, include_extras=True)
    rows = ((f"`{name}`", in_words(hint)) for name, hint in hints.items())
    text = f"**{kind.__name__}.** {paragraph(kind.__doc__ or '')}"
    return f"{text}\n\n{table(('key', 'value'), rows)}"


PAGES = {
    "settings.md": settings_page,
    "contract-keys.md": contract_page,
    "attributes.md": attributes_page,
    "commands.md": commands_page,
    "metrics.md": metrics_page,
    "metadata.md": metadata_page,
}


def main() -> int:
    """Write all pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"reference: docs/reference/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
