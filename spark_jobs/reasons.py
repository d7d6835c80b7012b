"""Why rows were predicted as they were: what the exported champion relied on most."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.scorer.scoring import Scorer

TYPE = "array<struct<column: string, value: string, contribution: double>>"
EPOCH = datetime(1970, 1, 1)

Reason = tuple[str, str | None, float]


def reasons_of(spark: SparkSession, exported: str, top: int) -> Column:
    """Return the reasons for the prediction of typed rows, the strongest first.

    Args:
        spark: the job's session.
        exported: folder of the exported model.
        top: the most reasons of a row.
    """
    row = spark.read.text(f"{exported}/model.json", wholetext=True).first()
    assert row, "a file that is there has a text"
    columns: Sequence[Mapping[str, str]] = json.loads(row[0])["columns"]
    values = [
        # microseconds know no time zone of a session
        F.unix_micros(quoted(each["name"])) if each["kind"] == "datetime" else quoted(each["name"])
        for each in columns
    ]
    names = [f"_{number}" for number in range(len(columns))]
    named = [value.alias(name) for value, name in zip(values, names, strict=True)]
    explain = F.udf(_Explainer(row[0], top), TYPE, useArrow=False)  # which would need pandas
    return explain(F.struct(*named))


class _Explainer:
    """What explains a row, given the text of `model.json`; the model is loaded on the worker."""

    def __init__(self, model: str, top: int) -> None:
        self._model, self._top = model, top

    def __getstate__(self) -> dict[str, Any]:
        return {"_model": self._model, "_top": self._top}

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer(json.loads(self._model))

    @cached_property
    def _times(self) -> frozenset[str]:
        columns = self._scorer.model["columns"]
        return frozenset(each["name"] for each in columns if each["kind"] == "datetime")

    def __call__(self, values: Sequence[Any]) -> list[Reason] | None:
        row = dict(zip(self._scorer.columns, values, strict=True))
        try:
            for name in self._times:
                if row[name] is not None:
                    row[name] = EPOCH + timedelta(microseconds=row[name])
            reasons = self._scorer.explain(row, self._top)
        except (OverflowError, ValueError):
            return None  # years beyond Python's, or what only Spark can read
        return [(each["column"], _text(each["value"]), each["contribution"]) for each in reasons]


def _text(value: Any) -> str | None:
    if isinstance(value, float):
        return f"{value:.15g}"
    return None if value is None else str(value)


def as_text(reasons: Column) -> Column:
    """Return reasons as one text, such as `colour=red +0.8; height=1.2 -0.3`."""

    def text(reason: Column) -> Column:
        value = F.coalesce(reason["value"], F.lit("missing"))
        contribution = F.format_string("%+.3g", reason["contribution"])
        return F.concat(reason["column"], F.lit("="), value, F.lit(" "), contribution)

    return F.array_join(F.transform(reasons, text), "; ")
