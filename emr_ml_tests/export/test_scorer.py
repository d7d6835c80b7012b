"""The exported scorer, on a pipeline that is made up: no test here starts Spark."""

import ast
import csv
import io
import json
import math
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.export.bundle import bundled_scorer
from emr_ml.export.time_patterns import time_spec
from emr_ml_tests.export.rows import contract
from emr_ml_tests.export.saved import (
    CONTRACT,
    HEIGHT,
    INTERCEPT,
    OTHER_COLOUR,
    RED,
    TERM,
    TERMS,
    a_forest,
    a_pipeline,
    a_scorer,
    exported,
)
from emr_ml_tests.export.saved import stage as a_stage
from spark_jobs.runtime.job import JobError
from spark_jobs.scorer.features import hash_index
from spark_jobs.scorer.scoring import CHUNK, Scorer, main
from spark_jobs.scorer.times import time_reader

GOOD = {"height": 5.0, "colour": "red", "note": "sun"}
OTHER_SEMICOLONS = "dialect: {delimiter: ';', comment: '#', skip_last_lines: 1, decimal: ','}\n"


def probability(margin: float) -> float:
    return 1 / (1 + math.exp(-margin))


def test_a_row_is_predicted_by_its_features() -> None:
    predicted = a_scorer().predict(GOOD)

    expected = probability(INTERCEPT + HEIGHT * (5 - 3) / 2 + RED + TERM)
    assert predicted["probability"] == pytest.approx(expected, abs=1e-12)
    assert (predicted["prediction"], predicted["reason"]) == ("yes", None)


@pytest.mark.parametrize("row", [{}, {"height": math.nan, "colour": "mauve", "note": " "}])
def test_missing_and_unknown_values_are_those_of_training(row: dict[str, object]) -> None:
    predicted = a_scorer().predict(row)

    assert predicted["probability"] == pytest.approx(probability(INTERCEPT + OTHER_COLOUR))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"height": "tall"}, "height is not a number: tall"),
        ({"height": math.inf}, "height is not a number: inf"),
        ({"height": "1d\t"}, "height is not a number: 1d\t"),
        ({"height": True}, "height is not a number: true"),
        ({"height": -1}, "height is below its `min` 0: -1"),
        ({"note": "a\0b"}, "note contains a NUL byte: a\\0b"),
        ({"height": 10**400}, f"height is not a number: 1{'0' * 99}"),
        ({"height": "\ud800"}, "height is not a number: \\ud800"),
        ({"colour": "\ud800"}, "colour contains bytes that are no text: \\ud800"),
        ({"height": "x", "note": "\0"}, "height is not a number: x; note contains a NUL byte: \\0"),
    ],
)
def test_a_row_that_breaks_the_contract_says_so_and_leaves_the_others_alone(
    row: dict[str, object], reason: str
) -> None:
    first, second = a_scorer().predict([row, GOOD])

    assert first == {"prediction": None, "probability": None, "reason": reason}
    assert second["prediction"] == "yes"


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "height": st.floats() | st.integers() | st.text(max_size=5),
                "colour": st.sampled_from(["red", "", None, "NA"]) | st.text(max_size=5),
                "note": st.text(max_size=20) | st.booleans(),
            },
        )
    )
)
def test_a_row_has_the_same_prediction_alone_and_among_others(
    rows: list[dict[str, object]],
) -> None:
    scorer = a_scorer()

    together = scorer.predict(rows)

    assert len(together) == len(rows)
    for row, among in zip(rows, together, strict=True):
        alone = scorer.predict(row)
        assert alone["prediction"] == among["prediction"]
        assert alone["probability"] == pytest.approx(among["probability"], nan_ok=True)


def test_more_rows_than_fit_into_a_chunk_are_all_scored() -> None:
    predicted = a_scorer().predict([GOOD, {}] * CHUNK)

    assert len(predicted) == 2 * CHUNK
    assert {each["prediction"] for each in predicted[::2]} == {"yes"}
    assert {each["prediction"] for each in predicted[1::2]} == {"no"}


def test_a_frame_gives_a_frame_with_its_index() -> None:
    frame = pd.DataFrame([GOOD, {"height": "tall"}, {}], index=[7, 8, 9])

    predicted = a_scorer().predict(frame)

    assert predicted.index.tolist() == [7, 8, 9]
    assert predicted["prediction"].tolist()[::2] == ["yes", "no"]
    assert predicted.loc[8, "reason"] == "height is not a number: tall"


def test_csv_is_read_in_the_dialect_of_the_contract() -> None:
    lines = "height;colour;note\n# a comment\n5,0;red;sun\n\n1;2\n;;\n7;red;;\ntotal;;\n"

    predicted = a_scorer(CONTRACT + OTHER_SEMICOLONS).predict(io.StringIO(lines))

    assert [each["reason"] for each in predicted] == [
        None,
        *["the number of fields differs from the header's"] * 2,
    ]
    assert predicted[0] == a_scorer().predict(GOOD)


def test_a_line_within_quotes_is_no_comment() -> None:
    lines = ["height;colour;note\n", '5;red;"sun\n', '# rain"\n', "# a comment\n"]

    predicted = a_scorer(CONTRACT + OTHER_SEMICOLONS.replace(", skip_last_lines: 1", "")).predict(
        lines
    )

    assert predicted == [a_scorer().predict({**GOOD, "note": "sun\n# rain"})]


def test_a_file_has_the_columns_in_any_order_and_case() -> None:
    swapped = ["Height,NOTE,colour\n", "5,sun,red\n"]

    assert a_scorer().predict(swapped) == [a_scorer().predict(GOOD)]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["height,colour\n", "1,red\n"], "the CSV has no column 'note': correct its header"),
        (["height,note,note,colour\n"], "the CSV has 'note' more than once: correct its header"),
        (["height,colour,note\n", "1,re\rd,sun\n"], "the CSV can't be read: new-line character"),
    ],
)
def test_a_file_that_can_not_be_read_is_refused(lines: list[str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        a_scorer().predict(lines)


def test_a_model_may_have_texts_alone() -> None:
    texts = "columns: {note: text}\nlabel: {column: kind, positive: 'yes'}\n"
    statement = (
        "SELECT *, regexp_replace(coalesce(`note`, ''), r'<[^>]*>', ' ') AS __t FROM __THIS__"
    )
    by_name = {stage.name: stage for stage in a_pipeline()}
    model = by_name["LogisticRegressionModel"]
    stages = [
        a_stage("SQLTransformer", statement=statement),
        *(by_name[name] for name in ("RegexTokenizer", "HashingTF", "Normalizer")),
        a_stage("SQLTransformer", statement="SELECT *, coalesce(__u) AS __features FROM __THIS__"),
    ]
    data = {**model.data, "coefficientMatrix": {**model.data["coefficientMatrix"]}}
    data["coefficientMatrix"] |= {"numCols": TERMS, "values": [TERM] * TERMS}
    estimator = a_stage(model.name, [data], **model.metadata["paramMap"])
    scorer = Scorer(exported([*stages, estimator], texts))

    predicted = scorer.predict([{"note": "sun"}, {"note": "<b>"}, {}])

    expected = [probability(INTERCEPT + TERM), *[probability(INTERCEPT)] * 2]
    assert [each["probability"] for each in predicted] == pytest.approx(expected)
    assert {each["prediction"] for each in predicted} == {"yes"}


def test_the_contributions_add_up_to_the_log_odds() -> None:
    scorer = a_scorer()

    reasons = scorer.explain({**GOOD, "note": "Sun rain"}, top=9)

    total = INTERCEPT + sum(each["contribution"] for each in reasons)
    odds = scorer.predict({**GOOD, "note": "Sun rain"})["probability"]
    assert probability(total) == pytest.approx(odds, abs=1e-12)
    assert [(each["column"], each["value"]) for each in reasons] == [
        ("height", 5.0),
        ("note", "sun"),
        ("note", "rain"),
        ("colour", "red"),
    ]


HEIGHTS = "columns: {height: numeric}\nlabel: {column: size, kind: numeric}\n"


@pytest.mark.parametrize(
    ("height", "leaves"), [(3, (4, 8)), (3.5, (20, 8)), (5.5, (20, 30)), (None, (4, 8))]
)
def test_trees_predict_the_mean_of_their_leaves(
    height: float | None, leaves: tuple[float, float]
) -> None:
    scorer = Scorer(exported(a_forest(), HEIGHTS))

    predicted = scorer.predict({"height": height})

    assert predicted == {"prediction": sum(leaves) + 1, "probability": None, "reason": None}


def test_the_contributions_to_trees_lead_from_their_roots_to_their_leaves() -> None:
    scorer = Scorer(exported(a_forest(), HEIGHTS))

    (reason,) = scorer.explain({"height": 4})

    at_roots = 2 * (10 + 12) / 2 + 1
    predicted = scorer.predict({"height": 4})["prediction"]
    assert reason == {"column": "height", "value": 4, "contribution": predicted - at_roots}


def test_a_broken_row_is_not_explained() -> None:
    with pytest.raises(ValueError, match="height is not a number: tall"):
        a_scorer().explain({"height": "tall"})


@pytest.mark.parametrize(("term", "index"), [("c=a", 3), ("c=abcde", 2), ("c=é", 5)])
def test_hashes_are_those_of_spark(term: str, index: int) -> None:
    assert hash_index(term, 16) == index


@pytest.mark.parametrize(
    "value",
    [datetime(2024, 1, 31, 13, 5), datetime(2024, 1, 31, 12, 5, tzinfo=timezone.utc)],  # noqa: UP017 - as users may give them
)
def test_a_time_with_an_offset_is_converted_to_the_zone_of_the_column(value: datetime) -> None:
    rules = contract().pick("columns")["columns"]["local"]
    column = {"name": "local", "missing": [], "required": False}

    read = time_reader({**column, "time": time_spec("local", rules, ["elapsed"])})

    days = (datetime(2024, 1, 31, 13, 5) - datetime(1970, 1, 1)) / timedelta(days=1)
    assert read(value, []) == [days]


def test_the_scorer_is_one_module_without_the_project() -> None:
    source = bundled_scorer()

    names: dict[str, object] = {"__name__": "scorer"}
    exec(compile(source, "scorer.py", "exec"), names)  # noqa: S102 - it is what is exported

    assert "emr_ml" not in source
    assert names["Scorer"]


def test_no_name_stands_for_two_things_in_the_module() -> None:
    statements = ast.parse(bundled_scorer()).body
    names = [each.name for each in statements if isinstance(each, (ast.ClassDef, ast.FunctionDef))]
    for statement in statements:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            names += [each.asname or each.name for each in statement.names]
        elif isinstance(statement, ast.Assign):
            targets = (name for target in statement.targets for name in ast.walk(target))
            names += [each.id for each in targets if isinstance(each, ast.Name)]

    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"format": 1')

    with pytest.raises(ValueError, match=r"model\.json is damaged .*: export the model again"):
        Scorer.load(tmp_path)


def test_a_model_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match=r"model\.json has format 0, and this scorer reads 1"):
        Scorer({**exported(a_pipeline()), "format": 0})


def test_a_stage_that_is_not_known_is_named() -> None:
    with pytest.raises(JobError, match="a model with the stage PCAModel can't be exported"):
        exported([*a_pipeline()[:1], a_stage("PCAModel"), *a_pipeline()[1:]])


def test_sql_that_is_not_known_is_named() -> None:
    stage = a_stage("SQLTransformer", statement="SELECT *, upper(x) AS y FROM __THIS__")
    with pytest.raises(JobError, match=r"a step in SQL that can't be exported: upper\(x\) AS y"):
        exported([stage])


def test_the_program_says_what_it_takes() -> None:
    assert main([]) == "usage: python scorer.py rows.csv"


@pytest.fixture(name="program")
def fixture_program(tmp_path: Path) -> Path:
    """The exported folder's scorer.py."""
    (tmp_path / "model.json").write_text(json.dumps(exported(a_pipeline())))
    program = tmp_path / "scorer.py"
    program.write_text(bundled_scorer())
    return program


def run(program: Path, rows: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, program, rows], capture_output=True, check=False)


def test_a_reader_that_has_enough_is_no_error(program: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("height,colour,note\n" + "5,red,sun\n" * 20_000)
    command = [sys.executable, program, rows]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as scoring:
        assert scoring.stdout and scoring.stderr
        scoring.stdout.readline()
        scoring.stdout.close()
        assert scoring.stderr.read() == b""
    assert scoring.returncode == 0


def test_bytes_that_are_no_text_are_the_reason_of_their_row_and_come_out_as_they_are(
    program: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_bytes(b"height,colour,note\n5,r\xe9d,sun\n5,red,sun\n")

    done = run(program, rows)

    assert done.stderr == b""
    _, broken, good = done.stdout.splitlines()
    assert (
        broken == rb"5,r" + b"\xe9" + rb"d,sun,,,colour contains bytes that are no text: r\udce9d"
    )
    assert good.startswith(b"5,red,sun,yes,0.98")


def test_the_program_names_a_model_that_is_not_there(program: Path, tmp_path: Path) -> None:
    (tmp_path / "model.json").unlink()

    done = run(program, tmp_path / "rows.csv")

    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"model.json" in done.stderr


def test_unusual_rows_of_csv_come_back_as_they_are() -> None:
    text = io.StringIO()
    csv.writer(text).writerow([*GOOD])
    csv.writer(text).writerow(['5"', "red, blue", "two\nlines"])
    text.seek(0)

    _, rows = a_scorer().predict_csv(text)

    ((fields, predicted),) = rows
    assert fields == ['5"', "red, blue", "two\nlines"]
    assert predicted["reason"] == 'height is not a number: 5"'
