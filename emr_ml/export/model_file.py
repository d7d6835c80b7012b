"""`model.json`: a version of `lr_model` and the contract that it was trained by."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from emr_ml.champions.compatibility import requested_contract
from emr_ml.contract.columns import Column
from emr_ml.contract.dialect import Dialect
from emr_ml.export.bundle import bundled_scorer
from emr_ml.export.columns import column_specs, csv_spec
from emr_ml.export.feature_stages import FEATURE_STAGES
from emr_ml.export.model_stages import MODEL_STAGES
from emr_ml.export.saved_model import SavedStage, read_saved_pipeline
from emr_ml.export.translation import Translation
from emr_ml.lake.champion import MODEL
from emr_ml.lake.inputs import committed_report
from spark_jobs.contract import REGRESSION, DatasetContract, Label, Problem, problem_of
from spark_jobs.learning.figures import ModelFigures
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, attempt_key, read_report
from spark_jobs.scorer.scoring import FORMAT

STAGES = {**FEATURE_STAGES, **MODEL_STAGES}
MODEL_FILE, SCORER_FILE = "model.json", "scorer.py"
# of the column with the result: of this release, and of earlier ones
PREDICTIONS, PROBABILITIES = ("__prediction", "prediction"), ("__probability", "probability")


def exported_files(lake: Lake, version: str) -> dict[str, bytes]:
    """Return the files of an exported model by their names.

    Args:
        lake: that has the model.
        version: of `lr_model`.

    Raises:
        JobError: the lake lacks the model or its data set, or a stage of it can't be exported.
    """
    report = committed_report(lake, MODEL, version)
    contract = _training_contract(lake, report)
    folder = f"{attempt_key(MODEL, version, report.attempt)}/model"
    figures = cast("ModelFigures", report.figures)
    model = translated(read_saved_pipeline(lake, folder), contract, figures.get("classes"))
    origin = {"version": version, "trained": report.finished, "spark": report.spark}
    try:
        text = json.dumps({**model, **origin}, allow_nan=False, ensure_ascii=False)
    except ValueError as error:
        raise JobError(
            f"{MODEL} {version} has a weight that is not finite, so it can't be exported: see the "
            "check of its weights"
        ) from error
    return {MODEL_FILE: text.encode(), SCORER_FILE: bundled_scorer().encode()}


def translated(
    stages: Sequence[SavedStage], contract: DatasetContract, classes: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return what `model.json` has of a pipeline, and how values are read by the contract.

    Args:
        stages: of the fitted pipeline.
        contract: of the data set that it was trained on.
        classes: of a multiclass label.

    Raises:
        JobError: a stage or a format can't be exported.
    """
    translation = Translation()
    for stage in stages:
        known = STAGES.get(stage.name)
        if known is None:
            raise JobError(
                f"a model with the stage {stage.name} can't be exported: choose another estimator "
                "or featurizer under `model` in the contract, or score with Spark"
            )
        known(translation, stage)
    features, label = translation.features, contract["label"]
    if features is None or label is None:
        raise JobError("the model has no estimator, or its contract has no label")
    problem = problem_of(label)
    names = PREDICTIONS if problem == REGRESSION else PROBABILITIES
    output = next((name for name in names if translation.is_result(name)), None)
    if output is None:
        raise JobError(f"the model has no column {names[0]}: export with its own release")
    more, results = _of_problem(problem, label, translation, classes), [output]
    if "class" in more:
        results.append(more["class"])
    return {
        "format": FORMAT,
        "problem": problem,
        "label": label["column"],
        "columns": column_specs(contract, _parts(features.blocks)),
        "csv": csv_spec(contract["dialect"]),
        "features": features.blocks,
        "steps": needed_steps(translation.steps, results),
        "output": output,
        "explained": translation.explained[output],
        "explained_factor": translation.factor,
        **more,
    }


def _of_problem(
    problem: Problem, label: Label, translation: Translation, classes: Sequence[str] | None
) -> dict[str, Any]:
    match problem:
        case "binary":
            return {"classes": _binary_classes(label), "threshold": translation.threshold}
        case "multiclass":
            result = next(name for name in PREDICTIONS if name in translation.columns)
            known = translation.classes or classes
            return {"classes": known, "class": translation.result(result)}
        case _:
            return {}


def needed_steps(steps: Sequence[dict[str, Any]], results: Sequence[str]) -> list[dict[str, Any]]:
    """Return the steps that lead to these results, in their order."""
    wanted, kept = {*results}, list[dict[str, Any]]()
    for step in reversed(steps):
        if step["output"] in wanted:
            wanted |= {*step["inputs"]}
            kept.append(step)
    return kept[::-1]


def _training_contract(lake: Lake, model: Report) -> DatasetContract:
    """Return the contract by which the data set of a model was cleaned, with all its fields.

    Raises:
        JobError: the lake no longer has that data set.
    """
    version = model.inputs["processed_dataset"]
    dataset = read_report(lake, "processed_dataset", version)
    of_model = requested_contract(lake, model)
    of_dataset = requested_contract(lake, dataset) if dataset else None
    if of_model is None or of_dataset is None:
        raise JobError(
            f"{MODEL} {model.version} can't be exported: {lake.root} no longer has the data set "
            f"that it was trained on, {version}, whose contract says how its rows are read. "
            f"Materialize {MODEL} again, and export that version"
        )
    given: dict[str, Any] = {**of_dataset, **of_model}
    columns = {name: _completed(Column, rules) for name, rules in given["columns"].items()}
    dialect = _completed(Dialect, given["dialect"])
    return cast("DatasetContract", {**given, "columns": columns, "dialect": dialect})


def _completed(section: type[Column | Dialect], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section with the defaults of keys that earlier releases did not have."""
    kind = {"kind": given["kind"]} if "kind" in given else {}
    return {**section.model_validate(kind).model_dump(mode="json"), **given}


def _parts(blocks: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the parts of times that the features use, by column."""
    parts: dict[str, list[str]] = {}
    for block in blocks:
        if part := block.get("part"):
            parts.setdefault(block["column"], []).append(part)
    return parts


def _binary_classes(label: Label) -> list[str]:
    """Return what 0 and 1 stand for."""
    # pyspark takes a second to import
    from spark_jobs.learning.label_encoding import binary_values

    return [*binary_values(label)]
