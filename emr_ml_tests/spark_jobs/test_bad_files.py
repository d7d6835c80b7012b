"""Files that are wrong in some way: a rejected row with its reason, or an error that helps.

How many rows came in is checked against Python's csv module.
"""

import bz2
import csv
import gzip
import io
import random
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import LOG, Bench, Done
from emr_ml_tests.zips import zipped
from spark_jobs.reading.csv_dialect import is_blank
from spark_jobs.reading.records import read
from spark_jobs.runtime.execution import isolated_session
from spark_jobs.runtime.job import JobError

HEADER = "age,city,note,y\n"
GOOD = "".join(f'{20 + i},porto,"note {i}",{("no", "yes")[i % 2]}\n' for i in range(20))


def contract(**more: Any) -> Contract:
    given: dict[str, Any] = {
        "columns": {"age": "numeric", "city": "categorical", "note": "text"},
        "label": {"column": "y", "positive": "yes", "negative": ["no"]},
    }
    return Contract.model_validate(given | more)


def process(bench: Bench, body: str | bytes, name: str = "a.csv", **more: Any) -> Done:
    return bench.process({name: body}, contract(**more))


def error_of(bench: Bench, body: str | bytes, name: str = "a.csv", **more: Any) -> str:
    with pytest.raises(JobError) as caught:
        process(bench, body, name, **more)
    return str(caught.value)


ROWS = {
    "30,porto": "the number of fields differs from the header's",
    "30,porto,a,yes,b": "the number of fields differs from the header's",
    "thirty,porto,a,yes": "age is not a number: thirty",
    "1e999,porto,a,yes": "age is not a number: 1e999",
    '"3,5",porto,a,yes': "age is not a number: 3,5. Is its decimal mark a comma?",
    "NaN,porto,a,yes": "age is not a number: NaN. If it means no value, add it to `missing`",
    "30,por\0to,a,yes": "city contains a NUL byte: por\\0to",
    "30,porto,a,": "y is missing",
    "30,porto,a,maybe": "y is not a label of the contract: maybe",
}


def test_each_row_that_breaks_the_contract_is_kept_with_its_number_text_and_reason(
    bench: Bench,
) -> None:
    done = process(bench, HEADER + GOOD + "".join(f"{row}\n" for row in ROWS))

    assert done.result.rows == {"in": 29, "kept": 20, "rejected": 9}
    rejected = sorted(done.rejected, key=lambda row: row["record"])
    assert [row["record"] for row in rejected] == list(range(21, 30))
    for row, (text, reason) in zip(rejected, ROWS.items(), strict=True):
        assert row["raw"].strip() == text
        assert row["reason"].startswith(reason)


def test_the_rows_that_broke_each_rule_are_counted(bench: Bench) -> None:
    columns = {
        "age": {"kind": "numeric", "required": True, "min": 18, "max": 99},
        "city": {"kind": "categorical", "allowed": ["porto", "lisboa"]},
        "note": {"kind": "text", "pattern": "[a-z 0-9]+"},
    }
    bad = (
        "5,porto,a,yes\n500,porto,a,yes\n30,oslo,a,no\n,porto,a,yes\n30,porto,A!,yes\n6,oslo,a,no\n"
    )

    done = process(bench, HEADER + GOOD + bad, columns=columns)

    assert done.result.figures["rules"] == {
        "age min": 2,
        "age max": 1,
        "age required": 1,
        "city allowed": 2,
        "note pattern": 1,
    }
    assert done.result.rows == {"in": 26, "kept": 20, "rejected": 6}


def test_copies_of_rows_and_of_ids_are_counted(bench: Bench) -> None:
    copies = "20,porto,note 0,no\n20,porto,another,no\n"

    done = process(bench, HEADER + GOOD + copies, id=["age"])

    assert done.result.figures["duplicates"] == {"rows": 1, "ids": 2}


def test_bytes_of_another_encoding_reject_their_row_alone(bench: Bench) -> None:
    true = "30,a\ufffdb,ok,yes\n".encode()
    filler = GOOD.encode() * 300  # the header's check reads 64 KB

    done = process(bench, HEADER.encode() + filler + true + b"31,s\xe3o,ok,yes\n")

    assert done.result.rows == {"in": 6002, "kept": 6001, "rejected": 1}
    assert done.reasons[0].startswith("city contains bytes that are not utf-8: s\\xe3o.")
    assert "a\ufffdb" in {row["city"] for row in done.kept}


@pytest.mark.parametrize(
    ("encoding", "city"),
    [("windows-1252", "são €"), ("utf-16", "são"), ("shift_jis", "東京"), ("gbk", "北京")],
)
def test_an_encoding_may_be_any_that_python_and_java_know(
    bench: Bench, encoding: str, city: str
) -> None:
    body = (HEADER + f"30,{city},a,yes\n").encode(encoding)

    (row,) = process(bench, body, dialect={"encoding": encoding}).kept

    assert row["city"] == city


def test_a_quote_that_is_never_closed_is_an_error_that_names_the_record(bench: Bench) -> None:
    message = error_of(bench, HEADER + GOOD + '30,porto,"oops,yes\n' + "31,porto,a,yes\n" * 50)

    assert message.startswith("a.csv: record 21, which begins at line 22, opens a quote")


def test_a_row_that_a_stray_quote_makes_of_two_is_rejected(bench: Bench) -> None:
    done = process(bench, HEADER + '30,porto,"oops,yes\n' + GOOD)

    assert done.result.rows == {"in": 20, "kept": 19, "rejected": 1}
    assert done.reasons == ["it spans lines, but a quote in it is not closed"]


def test_a_line_break_in_a_field_is_an_error_where_files_are_split_by_lines(bench: Bench) -> None:
    message = error_of(bench, HEADER + '30,porto,"a\nb",yes\n', dialect={"multiline": False})

    assert (
        "record 1, which begins at line 2, contains a line break: set `multiline: true`" in message
    )


def test_a_record_that_is_too_long_is_an_error(bench: Bench) -> None:
    body = HEADER + GOOD + f'30,porto,"{"x" * 3000}",yes\n'

    message = error_of(bench, body, dialect={"max_record_bytes": 2000})

    assert "a.csv" in message and "`max_record_bytes`" in message and "record 21" in message


def test_a_field_of_5_megabytes_is_read(bench: Bench) -> None:
    done = process(bench, HEADER + f'30,porto,"{"long " * (1 << 20)}",yes\n')

    assert [len(row["note"]) for row in done.kept] == [5 << 20]


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        (
            "a.csv.gz",
            gzip.compress((HEADER + GOOD * 200).encode(), mtime=0)[:-60],
            "ends before its",
        ),
        ("a.csv.gz", gzip.compress((HEADER + GOOD).encode(), mtime=0) + b"rest", "is damaged"),
        ("a.csv.bz2", bz2.compress((HEADER + GOOD * 900).encode(), 1)[:-60], "ends before its"),
        ("a.csv.zst", zstd.compress((HEADER + GOOD * 900).encode())[:-9], "ends before its"),
        ("a.csv.zst", zstd.compress((HEADER + GOOD).encode()) + b"rest", "is damaged"),
    ],
)
def test_a_packed_file_that_is_damaged_is_named(
    bench: Bench, name: str, body: bytes, words: str
) -> None:
    message = error_of(bench, body, name)

    assert message.startswith(name) and words in message


@pytest.mark.parametrize(("end", "compress"), [("gz", gzip.compress), ("zst", zstd.compress)])
def test_a_packed_file_may_have_more_than_one_part(
    bench: Bench, end: str, compress: Callable[[bytes], bytes]
) -> None:
    body = compress((HEADER + GOOD).encode()) + compress(GOOD.encode())

    assert process(bench, body, f"a.csv.{end}").result.rows["in"] == 40


@pytest.mark.parametrize("stream", [False, True])
def test_a_zipped_file_is_read(bench: Bench, stream: bool) -> None:
    body = zipped((HEADER + GOOD).encode(), stream=stream)

    assert process(bench, body, "a.zip").result.rows == {"in": 20, "kept": 20, "rejected": 0}


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        pytest.param(zipped(HEADER.encode(), b""), "holds 2 files, but one", id="two files"),
        pytest.param(zipped(HEADER.encode())[:-40], "is damaged", id="cut off"),
    ],
)
def test_an_archive_without_one_plain_file_is_an_error(
    bench: Bench, archive: bytes, words: str
) -> None:
    message = error_of(bench, archive, "a.zip")

    assert message.startswith("a.zip ") and words in message


POINTS_HINT = "Does '.' separate thousands? Set `thousands` in the column's `format`"


def test_a_comma_may_be_the_decimal_mark(bench: Bench) -> None:
    body = "age;city;note;y\n3,5;porto;a;yes\n4.5;porto;a;no\n4.500;porto;a;no\n"
    body += "€ 4.500,5;porto;a;no\n4.500.000;porto;a;no\n"

    done = process(bench, body, dialect={"delimiter": ";", "decimal": ","})

    assert [row["age"] for row in done.kept] == [3.5]
    assert done.reasons == [
        "age is not a number: 4.5. The contract's decimal mark is a comma",
        "age is not a number: 4.500. The contract's decimal mark is a comma",
        f"age is not a number: € 4.500,5. {POINTS_HINT}",
        f"age is not a number: 4.500.000. {POINTS_HINT}",
    ]


def test_a_file_without_a_header_has_its_names_from_the_contract(bench: Bench) -> None:
    names = ["age", "city", "note", "y"]

    assert process(bench, GOOD, dialect={"header": names}).result.rows["kept"] == 20


def test_a_label_that_is_no_number_is_rejected_with_one_reason(bench: Bench) -> None:
    label = {"column": "y", "kind": "numeric"}

    done = process(bench, "age,city,note,y\n1,a,b,2.5\n1,a,b,old\n1,a,b,\n", label=label)

    assert [row["y"] for row in done.kept] == [2.5]
    assert sorted(done.reasons) == ["y is missing", "y is not a number: old"]
    assert done.result.figures["label"] == {"min": 2.5, "max": 2.5, "mean": 2.5}


def test_a_pattern_that_only_python_knows_is_an_error_that_names_the_column(bench: Bench) -> None:
    columns = {"note": {"kind": "text", "pattern": "(?P<word>.*)"}}

    assert error_of(bench, HEADER + GOOD, columns=columns).startswith(
        "the `pattern` of the column 'note' is not a regular expression of Java"
    )


def parquet(**columns: list[Any]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def test_parquet_is_typed_and_rejected_like_csv(bench: Bench) -> None:
    body = parquet(
        age=[30.5, None, float("nan")], city=["a", "?", "b"], note=["c"] * 3, y=["yes", "no", "yes"]
    )

    done = process(bench, body, "a.parquet", format="parquet")

    assert [(row["age"], row["city"]) for row in done.kept] == [(30.5, "a"), (None, None)]
    (rejected,) = done.rejected
    assert (rejected["record"], rejected["file"]) == (3, "a.parquet")


def test_a_nested_parquet_column_is_read_by_its_path(bench: Bench) -> None:
    body = parquet(a=[{"age": 30, "at": {"city": "porto"}}], note=["b"], y=["yes"])
    columns = {"a.age": "numeric", "a.at.city": "categorical", "note": "text"}

    (row,) = process(bench, body, "a.parquet", format="parquet", columns=columns).kept

    assert (row["a.age"], row["a.at.city"], row["note"]) == (30.0, "porto", "b")


def test_a_parquet_column_of_lists_is_an_error_that_names_it(bench: Bench) -> None:
    body = parquet(age=[[1]], city=["a"], note=["b"], y=["yes"])

    message = error_of(bench, body, "a.parquet", format="parquet")

    assert message.startswith("a.parquet: the column 'age' has the type array<bigint>")


def test_a_parquet_file_that_is_damaged_within_is_named(bench: Bench) -> None:
    body = parquet(age=[1.0], city=["a"], note=["b"], y=["yes"])

    message = error_of(bench, body[:30] + bytes(60) + body[90:], "a.parquet", format="parquet")

    assert "a.parquet" in message and "copy it again" in message


PIECES = ["1", "a", ",", ",", "\n", "\n", "\r\n", '"', '""', '"x,y"', '"p\nq"', " ", "é", "1,a\n"]


def records_of(lines: list[str]) -> list[list[str]]:
    return list(csv.reader(lines, skipinitialspace=True))


def test_as_many_records_come_in_as_python_s_csv_module_counts(bench: Bench) -> None:
    chance = random.Random(5)
    closed: dict[str, int] = {}
    texts: dict[str, str] = {}
    for number in range(120):
        text = "age,note\n" + "".join(chance.choices(PIECES, k=chance.randrange(14)))
        lines = [*io.StringIO(text, newline="")]
        # a file whose last record is open is an error
        if len(records_of([*lines, "END"])) == len(records_of(lines)) + 1:
            texts[f"{number}.csv"] = text
            records = [each for each in records_of(lines) if each and not is_blank(each)]
            closed[f"{number}.csv"] = len(records) - 1
    terms = Contract.model_validate({"columns": {"age": "numeric", "note": "text"}})
    files = bench.snapshot(texts, terms)

    picked: Any = terms.pick("format", "dialect", "columns", "label", "id", "weight")
    found = read(isolated_session(bench.spark), files, picked, LOG).frame.groupBy("_file").count()

    counts = {row["_file"]: row["count"] for row in found.collect()}
    assert {name: counts.get(name, 0) for name in closed} == closed
