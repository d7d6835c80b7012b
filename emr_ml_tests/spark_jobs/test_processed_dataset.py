"""The job as a whole: what it keeps, what it rejects, and what it says about both."""

import csv
import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench

MIXED = Contract.model_validate(
    {
        "columns": {"age": "numeric", "job": "categorical", "words": "text"},
        "label": {"column": "y", "positive": "yes", "negative": ["no"]},
    }
)

fields = st.one_of(
    st.sampled_from(["", "?", "NA", "1", "-2.5", "1e999", "NaN", "yes", "no"]),
    st.text(st.sampled_from('ab ,"\n\r\t;\\é'), max_size=6),
)
# few of the records have a field too few or too many
widths = st.sampled_from([4, 4, 4, 4, 4, 4, 3, 5])
tables = st.lists(widths.flatmap(lambda n: st.lists(fields, min_size=n, max_size=n)), max_size=12)


def as_csv(records: list[list[str]], ending: str) -> str:
    lines = [",".join(as_field(field) for field in record) for record in records]
    return "".join(line + ending for line in ["age,job,words,y", *lines])


def as_field(text: str) -> str:
    special = any(character in text for character in ',"\n\r')
    return '"' + text.replace('"', '""') + '"' if special else text


@given(tables, st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_record_is_kept_or_rejected(
    bench: Bench, records: list[list[str]], ending: str
) -> None:
    text = as_csv(records, ending)
    rows_in = len(list(csv.reader(io.StringIO(text, newline="")))) - 1

    done = bench.process(text, MIXED)

    assert len(done.kept) + len(done.rejected) == rows_in
    assert done.result.rows == {
        "in": rows_in,
        "kept": len(done.kept),
        "rejected": len(done.rejected),
    }


def test_a_file_with_nothing_but_a_header_gives_no_rows(bench: Bench) -> None:
    done = bench.process("age,job,words,y\n", MIXED)

    assert done.result.rows == {"in": 0, "kept": 0, "rejected": 0}
    assert done.kept == []


def test_nothing_is_written_to_rejected_when_all_rows_are_kept(bench: Bench) -> None:
    done = bench.process("age,job,words,y\n1,a,b,yes\n", MIXED)

    assert not (done.path / "rejected").exists()


def test_figures_describe_the_kept_rows_of_each_column(bench: Bench) -> None:
    text = "age,job,words,y\n1,a,b,yes\n?,a,,no\n4,,b,no\n1000,a,b,rejected\n"

    columns = bench.process(text, MIXED).result.figures["columns"]

    assert columns == {
        "age": {"missing": 1, "min": 1.0, "max": 4.0, "mean": 2.5},
        "job": {"missing": 1},
        "words": {"missing": 1},
        "y": {"missing": 0},
    }


def test_figures_count_the_sides_of_the_label(bench: Bench) -> None:
    text = "age,job,words,y\n1,a,b,yes\n2,a,b,no\n3,a,b,no\n4,a,b,rejected\n"

    figures = bench.process(text, MIXED).result.figures

    assert figures["label"] == {"positive": 1, "other": 2}


def test_figures_count_each_of_several_negative_classes(bench: Bench) -> None:
    label = {"column": "y", "positive": "yes", "negative": ["no", "never", "perhaps"]}
    contract = Contract.model_validate({**MIXED.model_dump(), "label": label})

    figures = bench.process("age,job,words,y\n1,a,b,yes\n2,a,b,no\n3,a,b,never\n", contract)

    assert figures.result.figures["label"] == {
        "positive": 1,
        "other": 2,
        "negative": {"no": 1, "never": 1, "perhaps": 0},
    }


def test_figures_hold_the_schema_that_was_written(bench: Bench) -> None:
    figures = bench.process("age,job,words,y\n1,a,b,yes\n", MIXED).result.figures

    assert figures["schema"] == {
        "age": "double",
        "job": "string",
        "words": "string",
        "y": "string",
        "row_id": "string",
    }


def test_without_a_label_there_are_no_figures_of_it(bench: Bench) -> None:
    contract = Contract.model_validate({"columns": {"age": "numeric"}})

    assert bench.process("age\n1\n", contract).result.figures["label"] is None


def test_seconds_are_told_for_each_phase(bench: Bench) -> None:
    done = bench.process("age,job,words,y\n1,a,b,yes\nx,a,b,yes\n", MIXED)

    assert list(done.result.seconds) == ["look", "process", "reject", "count"]
