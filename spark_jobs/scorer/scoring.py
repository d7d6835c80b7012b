"""Score rows with an exported model. It needs Python 3.11 or later, and numpy.

    scorer = Scorer.load("folder")  # with `model.json`
    scorer.predict({"height": "1.8", "colour": "red"})

`python scorer.py rows.csv` prints the rows of a CSV file with their predictions, as CSV.
"""

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spark_jobs.scorer.csv_files import csv_records
from spark_jobs.scorer.features import Features, Numbers, Row, Values, Vector
from spark_jobs.scorer.steps import OPERATIONS
from spark_jobs.scorer.times import time_reader
from spark_jobs.scorer.values import Read, number_reader, text_reader

FORMAT = 1  # of model.json
CHUNK = 4096  # rows that are scored at a time, which limits the memory
REASONS = 5


class Scorer:
    """A model, and how the values of a row are read.

    Each prediction is a dict: the `prediction`; its `probability` (of the positive value, or of
    the predicted class; None if a number is predicted); and the `reason`, None unless the row
    breaks the contract, in which case there is no prediction.
    """

    def __init__(self, model: Mapping[str, Any]) -> None:
        if model.get("format") != FORMAT:
            raise ValueError(
                f"model.json has format {model.get('format')}, and this scorer reads {FORMAT}: use "
                "the scorer.py that was exported with it"
            )
        self.model = model
        self.columns: list[str] = [column["name"] for column in model["columns"]]
        readers = [(column["name"], column["kind"], reader(column)) for column in model["columns"]]
        self._numbers = [(name, read) for name, kind, read in readers if kind == "numeric"]
        self._times = [(name, read) for name, kind, read in readers if kind == "datetime"]
        others = ("categorical", "text")
        self._texts = [(name, read) for name, kind, read in readers if kind in others]
        self._vector = Vector(model)
        self._steps = [(OPERATIONS[step["op"]](step), step["output"]) for step in model["steps"]]

    @classmethod
    def load(cls, folder: str | Path) -> "Scorer":
        """Return the scorer of the model in a folder.

        Raises:
            OSError: there is no `model.json`.
            ValueError: it is damaged, or of another format.
        """
        file = Path(folder) / "model.json"
        try:
            model = json.loads(file.read_text("utf-8"))
        except ValueError as error:
            raise ValueError(f"{file} is damaged ({error}): export the model again") from error
        return cls(model)

    def predict(self, rows: Any) -> Any:
        """Return the prediction of a row, or those of several rows in their order.

        Args:
            rows: a dict by column; or several of them; or the lines of a CSV file, written as the
                files that the model was trained on; or a pandas DataFrame. A column that is not
                there has no value; columns that the model does not know are ignored.

        Returns:
            A dict for a dict, a DataFrame with the same index for a DataFrame, else a list.

        Raises:
            ValueError: a CSV file lacks a column or has one twice, or can't be read.
        """
        if isinstance(rows, Mapping):
            return self._predict([rows])[0]
        if hasattr(rows, "columns") and hasattr(rows, "to_dict"):
            values = rows.astype(object).where(rows.notna(), None).to_dict("records")
            predicted = self._predict(values)
            names = ("prediction", "probability", "reason")
            return rows[[]].assign(**{name: [each[name] for each in predicted] for name in names})
        given = list(rows)
        if given and isinstance(given[0], str):
            return [predicted for _, predicted in self.predict_csv(given)[1]]
        return self._predict(given)

    def predict_csv(
        self, lines: Iterable[str]
    ) -> tuple[list[str], Iterator[tuple[list[str], dict[str, Any]]]]:
        """Return the header of a CSV file, and an iterator over its rows and their predictions.

        Raises:
            ValueError: it lacks a column or has one twice, or a record can't be read.
        """
        header, records = csv_records(lines, self.model["csv"])
        by_lower_case = {name.lower(): name for name in self.columns if name not in header}
        names = [by_lower_case.get(name.lower(), name) for name in header]
        if missing := [name for name in self.columns if name not in names]:
            raise ValueError(f"the CSV has no column '{missing[0]}': correct its header")
        if repeated := [name for name in self.columns if names.count(name) > 1]:
            raise ValueError(f"the CSV has '{repeated[0]}' more than once: correct its header")
        return header, self._predict_records(names, records)

    def _predict_records(
        self, names: list[str], records: Iterable[list[str]]
    ) -> Iterator[tuple[list[str], dict[str, Any]]]:
        problem = "the number of fields differs from the header's"
        for chunk in _chunks(records):
            fits = [len(fields) == len(names) for fields in chunk]
            rows = [dict(zip(names, each, strict=False)) for each in chunk]
            predicted = self._predict(rows)
            for fields, fit, each in zip(chunk, fits, predicted, strict=True):
                yield fields, each if fit else _rejected([problem])

    def explain(self, row: Row, top: int = REASONS) -> list[dict[str, Any]]:
        """Return what the prediction of a row relies on most, the strongest first.

        Each reason has its `column`, its `value` (of a text, a term in it) and its `contribution`:
        what it adds to the log-odds of the positive value or of the predicted class, or to the
        predicted number. Of a forest, it is what the splits on it add to the probability (Saabas,
        2014).

        Raises:
            ValueError: the row breaks the contract; the message says how.
        """
        values, problems = self._read(row)
        if problems:
            raise ValueError("; ".join(problems))
        with np.errstate(all="ignore"):  # as in Java, what overflows is infinite
            features = self._vector.of([values])
            results = self._run(features)
        output = self._output_to_explain(results)
        step, column = self.model["explained"][output]
        number = next(i for i, (_, name) in enumerate(self._steps) if name == step)
        shares = self._steps[number][0].contributions(features, column)
        factor = self.model["explained_factor"]
        merged: dict[tuple[str, Any], float] = {}
        for index, share in shares.items():
            if share:
                name = self._vector.name(index, values, row)
                merged[name] = merged.get(name, 0.0) + share * factor
        strongest = sorted(merged.items(), key=lambda item: -abs(item[1]))[:top]
        return [
            {"column": name, "value": value, "contribution": contribution}
            for (name, value), contribution in strongest
        ]

    def _output_to_explain(self, results: Mapping[str, Numbers]) -> int:
        if self.model["problem"] != "multiclass":
            return -1
        return int(results[self.model["class"]][0])

    def _predict(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for start in range(0, len(rows), CHUNK):
            read = [self._read(row) for row in rows[start : start + CHUNK]]
            scored = iter(self._score([values for values, problems in read if not problems]))
            found += [_rejected(problems) if problems else next(scored) for _, problems in read]
        return found

    def _read(self, row: Row) -> tuple[Values, list[str]]:
        problems: list[str] = []
        get = row.get
        numbers = [read(get(name), problems) for name, read in self._numbers]
        for name, read in self._times:
            numbers += read(get(name), problems)
        return (numbers, [read(get(name), problems) for name, read in self._texts]), problems

    def _run(self, features: Features) -> dict[str, Numbers]:
        results: dict[str, Numbers] = {}
        for step, output in self._steps:
            results[output] = step.run(features, results)
        return results

    def _score(self, rows: Sequence[Values]) -> list[dict[str, Any]]:
        if not rows:
            return []
        model = self.model
        with np.errstate(all="ignore"):  # as in Java, what overflows is infinite
            results = self._run(self._vector.of(rows))
        if model["problem"] == "regression":
            return [_predicted(number, None) for number in results[model["output"]].tolist()]
        probabilities = results[model["output"]]
        classes: list[str] = model["classes"]
        if model["problem"] == "binary":
            other, positive = classes
            threshold = model["threshold"]
            return [
                _predicted(positive if each > threshold else other, each)
                for each in probabilities[:, 1].tolist()
            ]
        chosen = results[model["class"]].astype(int).tolist()
        highest = probabilities.max(axis=1).tolist()
        return [_predicted(classes[i], each) for i, each in zip(chosen, highest, strict=True)]


def _predicted(prediction: Any, probability: float | None) -> dict[str, Any]:
    return {"prediction": prediction, "probability": probability, "reason": None}


def _rejected(problems: Sequence[str]) -> dict[str, Any]:
    return {"prediction": None, "probability": None, "reason": "; ".join(problems)}


def _chunks(records: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    chunk: list[list[str]] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def reader(column: Mapping[str, Any]) -> Read:
    """Return the function that reads the values of a column, and adds what is wrong with one."""
    match column["kind"]:
        case "numeric":
            return number_reader(column)
        case "datetime":
            return time_reader(column)
        case _:
            return text_reader(column)


def main(arguments: Sequence[str]) -> str | None:
    """Print the rows of a CSV file with their predictions; return what is wrong, if anything."""
    if len(arguments) != 1:
        return "usage: python scorer.py rows.csv"
    try:
        scorer = Scorer.load(Path(__file__).parent)
    except (OSError, ValueError) as error:
        return str(error)
    # bytes that are no text come out as they are
    undecodable = "surrogateescape"
    sys.stdout.reconfigure(encoding="utf-8", errors=undecodable, newline="")  # pyright: ignore[reportAttributeAccessIssue] - it is a TextIOWrapper
    dialect = scorer.model["csv"]
    try:
        file = Path(arguments[0])
        with file.open(encoding=dialect["encoding"], errors=undecodable, newline="") as lines:
            header, rows = scorer.predict_csv(lines)
            added = ("prediction", "probability", "reason")
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow([*header, *added])
            writer.writerows([*fields, *(each[name] for name in added)] for fields, each in rows)
            sys.stdout.flush()
    except BrokenPipeError:
        # who reads it, such as `head`, has enough; Python would flush again and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError) as error:
        return f"{arguments[0]}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
