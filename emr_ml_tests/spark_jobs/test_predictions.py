"""Rows that nobody has labelled are scored by the champion."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import CLEANED_BY, LOG, Bench, Done
from spark_jobs import predictions
from spark_jobs.runtime.execution import isolated_session
from spark_jobs.runtime.job import Input, Result

CHAMPION = "c" * 32
COLUMNS = {"n": "numeric", "job": "categorical", "words": "text"}


def contract(**label: Any) -> Contract:
    return Contract.model_validate({"columns": COLUMNS, "label": {"column": "y", **label}})


BINARY = contract(positive="yes", negative=["no"])
MANY = contract()
NUMBER = contract(kind="numeric")


def labelled(label: Callable[[int], Any]) -> list[dict[str, Any]]:
    return [
        {"split": split, "n": float(n), "job": "a", "words": "some words", "y": label(n)}
        for split in ("train", "validation")
        for n in range(-6, 7)
    ]


def sign(n: int) -> str:
    return "yes" if n > 0 else "no"


def height(n: int) -> str:
    return "low" if n < -2 else "high" if n > 2 else "middle"


def triple(n: int) -> float:
    return 3.0 * n


@dataclass(frozen=True)
class Scored:
    """What the job found and wrote."""

    result: Result
    path: Path

    @property
    def rows(self) -> list[dict[str, Any]]:
        return pq.read_table(self.path / "kept").to_pylist()

    @property
    def csv(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for path in sorted((self.path / "csv").glob("*.csv")):
            with path.open(newline="", encoding="utf-8") as file:
                found += csv.DictReader(file)
        return found


def score(bench: Bench, model: Done, terms: Contract, text: str) -> Scored:
    unlabelled = terms.model_copy(update={"label": None})
    files = bench.snapshot({"new.csv": text}, unlabelled)
    inputs = {
        "raw_scoring_csv_s3": Input("0" * 32, "unused", files),
        "lr_model": replace(model.as_input, version=CHAMPION),
    }
    assert terms.label
    label = terms.label.model_dump(mode="json")
    picked = unlabelled.pick(*CLEANED_BY, "predictions")
    request = bench.request("predictions", inputs, picked, {"label": label})
    request = replace(request, new_part=f"{bench.folder().name}/part")
    result = predictions.run(isolated_session(bench.spark), request, LOG)
    return Scored(result, bench.root / request.new_part)


@pytest.fixture(scope="module", name="model")
def fixture_judge(bench: Bench) -> Done:
    return bench.train(bench.dataset(labelled(sign), BINARY), BINARY)


def test_each_row_has_its_prediction_its_probability_and_the_models_version(
    bench: Bench, model: Done
) -> None:
    done = score(bench, model, BINARY, "words,job,n\nsome words,a,6\nsome words,a,-6\n")

    found = {row["n"]: row for row in done.rows}
    assert (found[6.0]["prediction"], found[-6.0]["prediction"]) == ("yes", "no")
    assert found[-6.0]["probability"] < 0.5 < found[6.0]["probability"]
    assert {row["model_version"] for row in done.rows} == {CHAMPION}
    assert {row["_file"] for row in done.rows} == {"new.csv"}
    assert done.result.rows == {"in": 2, "kept": 2, "rejected": 0}
    assert done.result.figures["predicted"] == {"yes": 1, "no": 1}


def test_a_label_in_the_scored_file_is_ignored(bench: Bench, model: Done) -> None:
    done = score(bench, model, BINARY, "words,job,n,y\nsome words,a,6,no\n")

    (row,) = done.rows
    assert row["prediction"] == "yes"
    assert "y" not in row


def test_a_row_that_breaks_the_contract_is_rejected_as_in_training(
    bench: Bench, model: Done
) -> None:
    done = score(bench, model, BINARY, "words,job,n\nw,a,6\nw,a,many\n")

    assert done.result.rows == {"in": 2, "kept": 1, "rejected": 1}
    assert done.result.figures["rules"] == {"n number": 1}
    assert pq.read_table(done.path / "rejected").to_pylist()[0]["raw"].strip() == "w,a,many"


def test_the_csv_has_the_same_rows_and_no_formula(bench: Bench, model: Done) -> None:
    quoted = '" =HYPERLINK(""http://x"") ",@a,-6\n"two\nlines, ""quoted""",+b,6\n'

    done = score(bench, model, BINARY, "words,job,n\n" + quoted)

    first, second = sorted(done.csv, key=lambda row: float(row["n"]))
    assert [first["words"], first["job"], first["n"]] == [
        '\' =HYPERLINK("http://x") ',
        "'@a",
        "-6.0",
    ]
    assert [second["words"], second["job"]] == ['two\nlines, "quoted"', "'+b"]
    assert [row["prediction"] for row in (first, second)] == ["no", "yes"]
    assert {row["_file"] for row in done.csv} == {"new.csv"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_of_the_csv_is_a_formula_whatever_separates_the_cells(
    bench: Bench, model: Done, delimiter: str
) -> None:
    texts = ["=1+1", "+1", "-1", "@x", "  =1", "\t=1", "\r=1", "\n=1", "＝1", "a;=1", "a\t=1"]  # noqa: RUF001 - the equals sign of full width
    rows = "".join(f'"{text}",a,{number}\n' for number, text in enumerate(texts))
    terms = BINARY.model_copy(update={"dialect": BINARY.dialect.model_copy(update={"trim": False})})

    done = score(bench, model, terms, "words,job,n\n" + rows)

    assert {row["words"] for row in done.rows} == set(texts)
    cells: list[str] = []
    for path in (done.path / "csv").glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            cells += [cell for row in csv.reader(file, delimiter=delimiter) for cell in row]
    formulas = [cell for cell in cells if cell.lstrip(" ").startswith(predictions.FORMULA_STARTS)]
    assert formulas == []


def test_without_a_negative_value_the_other_prediction_is_not_the_positive_one(
    bench: Bench, model: Done
) -> None:
    done = score(bench, model, contract(positive="yes"), "words,job,n\nsome words,a,-6\n")

    assert done.rows[0]["prediction"] == "not yes"


def test_of_several_classes_one_is_predicted_with_its_probability(bench: Bench) -> None:
    model = bench.train(bench.dataset(labelled(height), MANY), MANY, max_iterations=100)

    done = score(bench, model, MANY, "words,job,n\nsome words,a,6\nsome words,a,-6\n")

    found = {row["n"]: row for row in done.rows}
    assert (found[6.0]["prediction"], found[-6.0]["prediction"]) == ("high", "low")
    assert all(row["probability"] > 1 / 3 for row in done.rows)


def test_a_number_is_predicted_in_its_own_unit_without_a_probability(bench: Bench) -> None:
    model = bench.train(bench.dataset(labelled(triple), NUMBER), NUMBER, max_iterations=100)

    done = score(bench, model, NUMBER, "words,job,n\nsome words,a,5\n")

    (row,) = done.rows
    assert row["prediction"] == pytest.approx(15.0, abs=1.0)
    assert "probability" not in row
    assert done.result.figures["predicted"]["mean"] == pytest.approx(row["prediction"])
