"""Fitted pipelines of every estimator and featurizer, saved as `lr_model` saves them."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from emr_ml.contract import Contract
from emr_ml.export.model_file import translated
from emr_ml.export.saved_model import read_saved_pipeline
from emr_ml_tests.export.rows import COLUMNS, LABELS, Row, contract, mutants, training_rows
from emr_ml_tests.spark_jobs.bench import CLEANED_BY, PLAIN_FEATURIZER, Bench, Done
from spark_jobs.contract import DatasetContract
from spark_jobs.learning.fitted_pipeline import FittedPipeline
from spark_jobs.predictions import added_columns, with_predictions
from spark_jobs.reasons import reasons_of
from spark_jobs.runtime.lake import open_lake
from spark_jobs.scorer.scoring import Scorer

PROBLEMS = {
    "binary": 'label: {column: kind, positive: "yes", negative: ["no"]}\n',
    "multiclass": "label: {column: grade}\n",
    "regression": "label: {column: amount, kind: numeric}\n",
}
TEXTS: Mapping[str, dict[str, Any]] = {
    "hashing_tf": {"dimensions": 64, "max_ngram": 2, "binary": True},
    "tf_idf": {"dimensions": 256, "max_ngram": 3, "binary": False, "stop_words": "english"},
    "word2vec": {"dimensions": 5, "numeric": "minmax", "max_ngram": 1},
}
ROWS = 400
REASONS = 3


@dataclass(frozen=True)
class Fitted:
    """A saved pipeline, and the scorer that is exported from it."""

    model: FittedPipeline
    contract: Contract
    exported: Mapping[str, Any]

    @cached_property
    def scorer(self) -> Scorer:
        return Scorer(json.loads(json.dumps(self.exported)))


def as_csv(rows: Sequence[Row]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*rows[0]], quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


class Pipelines:
    """The data sets, processed once for all pipelines."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.training = self._processed(training_rows(), contract(COLUMNS + LABELS))
        self.rows = mutants(ROWS)
        self.scoring = self._processed(self.rows, contract())

    def _processed(self, rows: Sequence[Row], by: Contract) -> Done:
        return self.bench.process(as_csv(rows), by)

    def fit(self, problem: str, estimator: str, text: str, class_weight: str = "none") -> Fitted:
        """A pipeline as `lr_model` trains it."""
        by = contract(label=PROBLEMS[problem])
        trained = self.bench.train(
            self.training.as_input,
            by,
            estimator=estimator,
            featurizers=[{**PLAIN_FEATURIZER, "text": text, **TEXTS[text]}],
            trees=7,
            max_depth=[4],
            class_weight=class_weight,
        )
        return self._exported(trained.path, by, trained.result.figures.get("classes"))

    @cached_property
    def linear(self) -> Fitted:
        """One for tests that need any."""
        return self.fit("regression", "linear_regression", "hashing_tf")

    def _exported(self, folder: Path, by: Contract, classes: Sequence[str] | None) -> Fitted:
        model = FittedPipeline.load(self.bench.spark, str(folder / "model"))
        saved = read_saved_pipeline(open_lake(str(folder)), "model")
        fields = cast("DatasetContract", by.pick(*CLEANED_BY))
        return Fitted(model, by, translated(saved, fields, classes))

    def spark_predictions(self, fitted: Fitted) -> dict[str, dict[str, Any]]:
        """What Spark predicts for the rows that it kept, by their id."""
        label = fitted.contract.pick("label")["label"]
        added = added_columns([])
        kept = self.bench.spark.read.parquet(str(self.scoring.path / "kept"))
        folder = self.bench.folder()
        (folder / "model.json").write_text(json.dumps(fitted.exported))
        reasons = reasons_of(self.bench.spark, str(folder), REASONS)
        scored = with_predictions(fitted.model, kept, label, "", added, reasons=reasons)
        wanted = (added.prediction, added.probability, added.reasons)
        names = [name for name in wanted if name in scored.columns]
        return {row["row"]: row.asDict() for row in scored.select("row", *names).collect()}

    @cached_property
    def rejected(self) -> dict[str, str]:
        """The reasons of the rows that Spark rejected, by their id."""
        found = {}
        for row in self.scoring.rejected:
            (fields,) = csv.reader(io.StringIO(row["raw"], newline=""))
            found[fields[0]] = row["reason"]
        return found
