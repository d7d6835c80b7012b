"""The job as a whole: what it keeps, what it rejects, and what it reports about both."""

import csv
import io
import random
from collections import Counter
from typing import Any

import pytest

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench, Done

LABEL = {"column": "y", "positive": "yes", "negative": ["no"]}
COLUMNS = {"age": "numeric", "job": "categorical", "words": "text"}
MIXED = Contract.model_validate({"columns": COLUMNS, "label": LABEL})
HEADER = "age,job,words,y\n"

VALUES = ["", "?", "NA", "1", "-2.5", "1e999", "NaN", "yes", "no"]
CHARACTERS = 'ab ,"\n\r\t;\\é'
# few of the records have a field too few or too many
WIDTHS = [4, 4, 4, 4, 4, 4, 3, 5]


def random_field(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(VALUES)
    return "".join(chance.choices(CHARACTERS, k=chance.randrange(7)))


def random_records(chance: random.Random) -> list[list[str]]:
    return [
        [random_field(chance) for _ in range(chance.choice(WIDTHS))]
        for _ in range(chance.randrange(13))
    ]


def as_csv(records: list[list[str]], ending: str) -> str:
    lines = [",".join(as_field(field) for field in record) for record in records]
    return "".join(line + ending for line in [HEADER.rstrip(), *lines])


def as_field(text: str) -> str:
    special = any(character in text for character in ',"\n\r')
    return '"' + text.replace('"', '""') + '"' if special else text


def test_every_record_is_kept_or_rejected(bench: Bench) -> None:
    chance = random.Random(13)
    texts = {
        f"{number}.csv": as_csv(random_records(chance), chance.choice(["\n", "\r\n"]))
        for number in range(80)
    }
    records = {
        name: len(list(csv.reader(io.StringIO(text, newline="")))) - 1
        for name, text in texts.items()
    }

    done = bench.process(texts, MIXED)

    kept = Counter(row["_file"] for row in done.rows("kept"))
    rejected = Counter(row["file"] for row in done.rejected)
    assert {name: kept[name] + rejected[name] for name in texts} == records
    assert done.result.rows == {
        "in": sum(records.values()),
        "kept": kept.total(),
        "rejected": rejected.total(),
    }


def test_a_file_with_only_a_header_has_no_rows(bench: Bench) -> None:
    done = bench.process(HEADER, MIXED)

    assert done.result.rows == {"in": 0, "kept": 0, "rejected": 0}
    assert done.kept == []
    assert not (done.path / "rejected").exists()


def test_no_rejected_rows_are_written_if_all_rows_are_kept(bench: Bench) -> None:
    done = bench.process(HEADER + "1,a,b,yes\n", MIXED)

    assert not (done.path / "rejected").exists()


@pytest.fixture(scope="module")
def mixed(bench: Bench) -> Done:
    rows = "1,a,b,yes\n?,a,,no\n4,,b,no\n1000,a,b,unknown\n"
    return bench.process(HEADER + rows, MIXED)


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (
            "columns",
            {
                "age": {"missing": 1, "min": 1.0, "max": 4.0, "mean": 2.5},
                "job": {"missing": 1},
                "words": {"missing": 1},
                "y": {"missing": 0},
            },
        ),
        ("label", {"positive": 1, "other": 2}),
        (
            "schema",
            {
                "age": "double",
                "job": "string",
                "words": "string",
                "y": "string",
                "__row_id": "string",
            },
        ),
        ("rules", {"y known": 1}),
        ("duplicates", {"rows": 0, "ids": None}),
        ("table_rows", 3),
        ("files_read", 1),
    ],
)
def test_figures_describe_the_kept_rows(mixed: Done, figure: str, expected: Any) -> None:
    assert mixed.result.figures[figure] == expected


def test_seconds_are_reported_by_phase(mixed: Done) -> None:
    assert list(mixed.result.seconds) == ["look", "process", "reject", "count"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (None, None),
        (
            {**LABEL, "negative": ["no", "never", "perhaps"]},
            {"positive": 1, "other": 2, "negative": {"no": 1, "never": 1, "perhaps": 0}},
        ),
        ({"column": "y"}, {"classes": {"never": 1, "no": 1, "yes": 1}}),
    ],
    ids=["no label", "several negative values", "multiclass"],
)
def test_the_label_is_summarized_by_its_problem(
    bench: Bench, label: dict[str, Any] | None, expected: Any
) -> None:
    contract = Contract.model_validate({"columns": COLUMNS, "label": label})

    done = bench.process(HEADER + "1,a,b,yes\n2,a,b,no\n3,a,b,never\n", contract)

    assert done.result.figures["label"] == expected
