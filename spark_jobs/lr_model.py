"""A model on the featurized columns, as one pipeline.

Everything is fitted on the training side. Of the candidates, each featurizer with each parameter
of the estimator, the one that does best on the validation side is chosen.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from logging import Logger
from math import inf
from typing import Any

from pyspark.ml import PipelineModel, Transformer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.kept import kept_rows
from spark_jobs.learning.estimators import trials
from spark_jobs.learning.features import FEATURES, Featurizer, featurizer
from spark_jobs.learning.moments import moments_of
from spark_jobs.learning.sides import Side, check_sides, count_sides
from spark_jobs.learning.sizes import at_once, check_size, dimensions, one_row_of
from spark_jobs.learning.slots import block_at, blocks_of
from spark_jobs.learning.split import TRAIN, VALIDATION, with_side
from spark_jobs.learning.strongest import figures_of
from spark_jobs.learning.target import Target
from spark_jobs.learning.tuning import Candidate, tune
from spark_jobs.learning.vectors import Lot, vectors_of
from spark_jobs.learning.vocabulary import terms_at
from spark_jobs.names import SIDE
from spark_jobs.runtime.job import JobError, Request, Result, Stopwatch


@dataclass(frozen=True)
class Contender:
    """A candidate, and the featurizer that it stands behind."""

    settings: Mapping[str, Any]
    stages: Sequence[Transformer]
    candidate: Candidate

    def figures(self) -> dict[str, Any]:
        """What the report says of it."""
        return {"featurizer": self.settings["index"], **self.candidate.figures()}

    def loss(self, target: Target) -> float:
        """The figure that chooses."""
        return self.candidate.loss(target.decisive)


@dataclass(frozen=True)
class Field:
    """What all contenders meet on: the rows to learn from and to be judged by."""

    seen: DataFrame
    rows: int
    kinds: Mapping[str, str]
    target: Target


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write the fitted pipeline to `model/`; figures: what was tried and what was chosen.

    Raises:
        JobError: a side of the split that is needed has nothing to tell apart, no column has a
            value on the training side, or nothing can be fitted on what is there.
    """
    contract, params = request.contract, request.params
    label = contract["label"]
    if not label:
        raise JobError("the contract names no label, so there is nothing to learn: add `label`")
    watch = Stopwatch()
    rows = kept_rows(spark, request)
    rows = with_side(rows, contract["split"])
    kinds = {name: column["kind"] for name, column in contract["columns"].items()}
    with watch.phase("count"):
        sides = count_sides(rows, label, kinds)
        check_sides(sides, label)
    target = target_of(sides[TRAIN], label)
    usable, ignored = usable_columns(sides[TRAIN], kinds, log)
    seen = target.on(rows.where(F.col(SIDE).isin(TRAIN, VALIDATION)))
    field = Field(seen, sides[TRAIN].rows + sides[VALIDATION].rows, usable, target)
    contenders, strongest = contend(field, params, watch, log)
    best = best_of(contenders, target)
    with watch.phase("write"):
        stages: list[Any] = [*best.stages, best.candidate.model, *target.way_back()]
        PipelineModel(stages).write().save(f"{request.output}/model")
    figures = {
        "problem": target.problem,
        "estimator": params["estimator"],
        **best.candidate.figures(),
        "featurizer": best.settings,
        "candidates": [contender.figures() for contender in contenders],
        "features": best.candidate.model.numFeatures,
        **strongest,
        "ignored_columns": ignored,
        **told_of(sides, target),
    }
    return Result({name: side.rows for name, side in sides.items()}, figures, watch.seconds)


def contend(
    field: Field, params: Mapping[str, Any], watch: Stopwatch, log: Logger
) -> tuple[list[Contender], dict[str, Any]]:
    """Each featurizer with each candidate of the estimator; of the vectors one lot at a time.

    And the figures of the features of the best.
    """
    estimator, target, spark = params["estimator"], field.target, field.seen.sparkSession
    classes = len(target.classes)
    ordered = field.rows if estimator == "random_forest" else None
    contenders: list[Contender] = []
    strongest: dict[str, Any] = {}
    for index, given in enumerate(params["featurizers"]):
        settings = {"index": index, **given, "dimensions": dimensions(given, estimator, classes)}
        log.info("featurizer %s", ", ".join(f"{key} {settings[key]}" for key in settings))
        with ExitStack() as kept:
            with watch.phase("featurize"):
                plan = featurizer(field.kinds, settings)
                lot = vectors_of(field.seen, plan, ordered, kept)
                first = lot.vectors.first()
            assert first is not None, "the sides that are needed have rows"
            size = first[FEATURES].size
            check_size(spark, estimator, size, classes)
            alike = settings["text"] == "hashing_tf"
            tried = trials(params, target.problem, size, alike=alike)
            thinning = one_row_of(field.rows) if tried[0].short else 1
            candidates = tune(
                lot.vectors,
                tried,
                target,
                at_once=at_once(spark, field.rows // thinning, size, classes),
                one_row_of=thinning,
                watch=watch,
                log=log,
            )
            contenders += [Contender(settings, lot.stages, each) for each in candidates]
            best = min(contenders, key=lambda each: each.loss(target))
            if best.settings is settings:  # while the vectors are there
                with watch.phase("explain"):
                    strongest = explained(field, plan, lot, best)
    return contenders, strongest


def explained(field: Field, plan: Featurizer, lot: Lot, best: Contender) -> dict[str, Any]:
    """The figures of the features of a contender that goes by these vectors."""
    blocks = blocks_of(field.kinds, best.settings, lot.stages)
    moments = moments_of(lot.vectors.where(F.col(SIDE) == TRAIN), field.target.problem)

    def vocabulary(places: Sequence[int]) -> dict[int, str]:
        terms: dict[int, str] = {}
        for block in blocks:
            if block.hashed:
                within = [place for place in places if block_at(blocks, place) is block]
                terms |= terms_at(field.seen, lot.prepared, plan.by_row, block, within)
        return terms

    model, classes = best.candidate.model, field.target.classes
    return figures_of(model, classes, blocks, moments, vocabulary)


def target_of(train: Side, label: Mapping[str, Any]) -> Target:
    """What the training side says of the label."""
    if label["kind"] == "numeric":
        assert train.mean is not None, "the sides are checked"
        assert train.deviation, "the sides are checked"
        return Target(label, mean=train.mean, deviation=train.deviation)
    return Target(label, classes=() if label["positive"] is not None else sorted(train.classes))


def usable_columns(
    train: Side, kinds: Mapping[str, str], log: Logger
) -> tuple[dict[str, str], list[str]]:
    """The kinds of the columns that have a value on the training side, and the other columns.

    Raises:
        JobError: there is none.
    """
    usable = {name: kind for name, kind in kinds.items() if train.present[name]}
    ignored = sorted(kinds.keys() - usable.keys())
    if ignored:
        log.warning("no value on the training side, so left out: %s", ", ".join(ignored))
    if not usable:
        raise JobError(
            "no column of the contract has a value on the training side, so there is nothing to "
            f"learn from: {', '.join(ignored)}. Check `columns` and `missing` in the contract"
        )
    return usable, ignored


def best_of(contenders: Sequence[Contender], target: Target) -> Contender:
    """The one with the lowest decisive figure, the first of several.

    Raises:
        JobError: none has one.
    """
    best = min(contenders, key=lambda each: each.loss(target))
    if best.loss(target) == inf:
        raise JobError(
            f"no candidate came to a finite {target.decisive.replace('_', ' ')}, so none can be "
            "chosen: give larger values of `regularization`"
        )
    return best


def told_of(sides: Mapping[str, Side], target: Target) -> dict[str, Any]:
    """What the report says of the label."""
    match target.problem:
        case "binary":
            return {"positive": {name: side.classes[True] for name, side in sides.items()}}
        case "multiclass":
            return {"classes": list(target.classes)}
        case _:
            return {"label_mean": target.mean, "label_deviation": target.deviation}


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
