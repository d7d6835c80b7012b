"""CSV files with columns of any order, name and path: what is read, and where each record was."""

import csv
import gzip
import io
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import CLEANED_BY, LOG, Bench, Done
from spark_jobs.columns import FIELDS, TEXT, WRONG_FIELD_COUNT
from spark_jobs.contract import Dialect
from spark_jobs.reading.csv_compatibility import check_compatibility
from spark_jobs.reading.csv_records import read_csv
from spark_jobs.reading.records import BYTES_PER_TASK, read
from spark_jobs.runtime.execution import isolated_session

COLUMNS = {"age": "numeric", "words": "text"}
TWO = Contract.model_validate({"columns": COLUMNS})
LINES = Contract.model_validate({"columns": COLUMNS, "dialect": {"multiline": False}})
WRONG_COUNT = "the number of fields differs from the header's"

LONG = f'1,"{"a" * 1000}"\n' * (BYTES_PER_TASK // 1000)
FIELDS_OF_LINES = st.lists(
    st.text(st.sampled_from(["a", ",", '"', " ", "é", "\\", "\t", "\ufeff"]), max_size=6),
    min_size=1,
    max_size=3,
)
ODD_NAMES = ("two words", "a.b", "a`b", "été", "it's", "Age", "age", 'say "x"', "c0", "a:b")
ODD_FILES = ("two words.csv", "a[1].csv", "a*.csv", "a+b.csv", "a%20b.csv", "a{b,c}.csv", "é?.csv")

# a file, and the kept rows of it
KEPT: dict[str, tuple[str | bytes, list[tuple[float, str]]]] = {
    "header order": ("words,age\none,1\n", [(1.0, "one")]),
    "further columns": ("x,age,y,words,z\n7,1,8,one,9\n", [(1.0, "one")]),
    "doubled quote": ('age,words\n1,"he said ""so"", twice"\n', [(1.0, 'he said "so", twice')]),
    "backslashes": ('age,words\n1,"c:\\"\n2,a\\b\n', [(1.0, "c:\\"), (2.0, "a\\b")]),
    "blanks around fields": ('age, words\n1 , "one, two" \n', [(1.0, "one, two")]),
    "byte order mark": (b"\xef\xbb\xbfage,words\n1,one\n", [(1.0, "one")]),
    "compressed": (gzip.compress(b"age,words\n1,one\n2,two\n"), [(1.0, "one"), (2.0, "two")]),
}
LINE_BREAKS = 'age,words\n1,"one\r\ntwo\n\nthree"\n'

# a file, and the number, raw text and reason of each rejected row
HEAD, GOOD, BAD = "age,words\n", '1,"one\ntwo"\n', "x,one\n"
NOT_A_NUMBER = "age is not a number: x"
REJECTED: dict[str, tuple[str, list[tuple[int, str, str]]]] = {
    "after records of two lines": (HEAD + GOOD * 3 + BAD, [(4, "x,one", NOT_A_NUMBER)]),
    "two of a file": (
        HEAD + GOOD + BAD + GOOD + BAD,
        [(2, "x,one", NOT_A_NUMBER), (4, "x,one", NOT_A_NUMBER)],
    ),
    "another header": ("words,age\na,1\na,2\nb,x\n", [(3, "b,x", NOT_A_NUMBER)]),
    "too few fields": (HEAD + "1,one\n1\n2,two\n", [(2, "1", WRONG_COUNT)]),
    "too many fields": (HEAD + "1,one\n1,2,3\n2,two\n", [(2, "1,2,3", WRONG_COUNT)]),
    "too many fields in two lines": (
        HEAD + '1,one\n1,"two\nlines",3\n2,two\n',
        [(2, '1,"two\nlines",3', WRONG_COUNT)],
    ),
    "quotes and a line break": (
        'age,words,z\nx,"one, ""two""\nthree",4\n',
        [(1, 'x,"one, ""two""\nthree",4', NOT_A_NUMBER)],
    ),
    "longer than 64 thousand characters": (
        f"age,words\nx,{'a' * 70_000}\n",
        [(1, f"x,{'a' * (64 * 1024 - 2)}", NOT_A_NUMBER)],
    ),
}


def file_name(case: str) -> str:
    return f"{case}.csv.gz" if case == "compressed" else f"{case}.csv"


@pytest.fixture(scope="module", params=[TWO, LINES], ids=["multiline", "lines"])
def read_files(bench: Bench, request: pytest.FixtureRequest) -> Done:
    return bench.process({file_name(case): body for case, (body, _) in KEPT.items()}, request.param)


@pytest.mark.parametrize("case", KEPT)
def test_the_records_of_a_file_are_read(read_files: Done, case: str) -> None:
    rows = [row for row in read_files.rows("kept") if row["_file"] == file_name(case)]

    assert [(row["age"], row["words"]) for row in rows] == KEPT[case][1]


@pytest.fixture(scope="module")
def rejecting(bench: Bench) -> Done:
    return bench.process({f"{case}.csv": body for case, (body, _) in REJECTED.items()}, TWO)


@pytest.mark.parametrize("case", REJECTED)
def test_a_rejected_record_has_its_number_text_and_reason(rejecting: Done, case: str) -> None:
    rows = [row for row in rejecting.rejected if row["file"] == f"{case}.csv"]

    found = sorted((row["record"], row["raw"].rstrip("\n"), row["reason"]) for row in rows)
    assert found == REJECTED[case][1]


def test_a_quoted_field_may_span_lines(bench: Bench) -> None:
    (row,) = bench.process(LINE_BREAKS, TWO).kept

    assert row["words"] == "one\r\ntwo\n\nthree"


def test_columns_may_have_any_name(bench: Bench) -> None:
    contract = Contract.model_validate({"columns": dict.fromkeys(ODD_NAMES, "numeric")})
    header = ",".join('"' + name.replace('"', '""') + '"' for name in ("other", *ODD_NAMES))
    fields = ",".join(str(number) for number in range(len(ODD_NAMES) + 1))

    (row,) = bench.process(f"{header}\n{fields}\n", contract).kept

    # "Age" and "age" are among them: names that differ in case are two columns
    assert {name: row[name] for name in ODD_NAMES} == {
        name: float(number) for number, name in enumerate(ODD_NAMES, start=1)
    }


def test_rejected_rows_name_their_files(bench: Bench) -> None:
    done = bench.process(dict.fromkeys(ODD_FILES, "age,words\n1,one\nx,one\n"), TWO)

    assert sorted(row["file"] for row in done.rejected) == sorted(ODD_FILES)


@pytest.mark.parametrize("name", ["a*.csv", "a+b%20.csv"])
def test_a_rejected_row_of_the_only_file_names_it(bench: Bench, name: str) -> None:
    (row,) = bench.process({name: "age,words\nx,one\n"}, TWO).rejected

    assert row["file"] == name


def test_a_file_whose_name_is_a_pattern_is_read_alone(bench: Bench) -> None:
    folder = bench.folder()
    files = bench.snapshot(
        {"a*.csv": "age,words\n1,x\n", "ab.csv": "age,words\n2,x\n"}, TWO, folder
    )

    done = bench.process_files(tuple(file for file in files if file.name == "a*.csv"), TWO)

    assert [row["age"] for row in done.kept] == [1.0]


def test_files_in_a_folder_with_an_odd_name_are_read(bench: Bench) -> None:
    folder = bench.folder() / "a [b] + c%25"
    folder.mkdir()
    text = "age,words\n1,x\n"

    done = bench.process_files(bench.snapshot({"1.csv": text, "2.csv": text}, TWO, folder), TWO)

    assert done.result.rows["kept"] == 2


def test_a_rejected_line_has_a_range_of_bytes_that_contains_it(bench: Bench) -> None:
    text = "age,words\n1,one\nx,two\n"

    (row,) = bench.process(text, LINES).rejected

    start, length = row["byte_start"], row["byte_length"]
    assert row["record"] is None
    assert "x,two" in text[start : start + length]


@pytest.mark.parametrize(
    ("dialect", "text", "words"),
    [
        ({"delimiter": ";", "quote": "'"}, "age;words\n1;'a;b'\n", "a;b"),
        ({"delimiter": "\t"}, 'age\twords\n1\t"a\tb"\n', "a\tb"),
        ({"delimiter": "|", "quote": "'", "escape": "'"}, "age|words\n1|'a|''b'\n", "a|'b"),
        ({"quote": "", "escape": "\\"}, "age,words\n1,a\\,b\n", "a,b"),
        ({"encoding": "iso-8859-1"}, "age,words\n1,été\n", "été"),
    ],
)
def test_files_are_read_in_the_dialect_of_the_contract(
    bench: Bench, dialect: dict[str, str], text: str, words: str
) -> None:
    contract = Contract.model_validate({"columns": COLUMNS, "dialect": dialect})
    body = text.encode(dialect.get("encoding", "utf-8"))

    (row,) = bench.process({"a.csv": body}, contract).kept

    assert row["words"] == words


@pytest.mark.parametrize(("last", "split"), [('1,"one"\n', True), ('1,"one\ntwo"\n', False)])
def test_a_large_file_is_split_if_no_field_has_a_line_break(
    bench: Bench, last: str, split: bool
) -> None:
    files = bench.snapshot({"a.csv": f"age,words\n{LONG}{last}"}, TWO)

    contract: Any = TWO.pick(*CLEANED_BY)
    records = read(bench.spark, files, contract, LOG)

    assert (records.frame.rdd.getNumPartitions() > 1) == split


def test_a_rejected_record_of_a_file_that_is_split_has_its_number(bench: Bench) -> None:
    done = bench.process(f"age,words\n{LONG}x,one\n{LONG}", TWO)

    lines = LONG.count("\n")
    assert [row["record"] for row in done.rejected] == [lines + 1]
    assert done.result.rows == {"in": 2 * lines + 1, "kept": 2 * lines, "rejected": 1}


@settings(max_examples=25, deadline=None)
@given(st.lists(FIELDS_OF_LINES, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_the_records_of_a_file_that_is_split_are_those_of_the_whole(
    bench: Bench, lines: list[list[str]], end: str
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([["age", "words"], *lines])
    stored = text.getvalue().encode()
    dialect: Dialect = TWO.pick("dialect")["dialect"]
    compatibility = check_compatibility(io.BytesIO(stored), dialect)
    assume(not compatibility.obstacle)
    files = bench.snapshot({"a.csv": stored}, TWO)
    spark = isolated_session(bench.spark)
    spark.conf.set("spark.sql.files.maxPartitionBytes", "20")

    def rows(*, multiline: bool) -> list[str]:
        wanted: Dialect = {**dialect, "multiline": multiline}
        records = read_csv(spark, files, [], ["age", "words"], wanted).collect()
        return sorted(
            str((row["age"], row["words"], row[TEXT].rstrip()))
            if row[WRONG_FIELD_COUNT]
            else str((row["age"], row["words"], row[FIELDS]))
            for row in records
        )

    assert compatibility.line_records
    assert rows(multiline=False) == rows(multiline=True)
