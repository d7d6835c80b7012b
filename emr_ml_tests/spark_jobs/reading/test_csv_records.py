"""CSV files of any column order, name and place: what is read, and where each record stood."""

import csv
import gzip
import io

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import CLEANED_BY, LOG, Bench
from spark_jobs.names import FIELDS, MALFORMED, TEXT
from spark_jobs.reading.csv_plain import shape_of
from spark_jobs.reading.csv_records import read_csv
from spark_jobs.reading.records import BYTES_PER_TASK, read
from spark_jobs.runtime.execution import own_session

TWO = Contract.model_validate({"columns": {"age": "numeric", "words": "text"}})
LINES = Contract.model_validate(
    {"columns": {"age": "numeric", "words": "text"}, "dialect": {"multiline": False}}
)

LONG = f'1,"{"a" * 1000}"\n' * (BYTES_PER_TASK // 1000)
FIELDS_OF_LINES = st.lists(
    st.text(st.sampled_from(["a", ",", '"', " ", "é", "\\", "\t", "\ufeff"]), max_size=6),
    min_size=1,
    max_size=3,
)
ODD_NAMES = ("two words", "a.b", "a`b", "été", "it's", "Age", "age", 'say "x"', "c0", "a:b")
ODD_FILES = ("two words.csv", "a[1].csv", "a*.csv", "a+b.csv", "a%20b.csv", "a{b,c}.csv", "é?.csv")


def test_files_may_have_their_columns_in_any_order(bench: Bench) -> None:
    done = bench.process({"a.csv": "age,words\n1,one\n", "b.csv": "words,age\none,1\n"}, TWO)

    first, second = done.kept
    assert first == second


def test_columns_that_the_contract_does_not_name_are_ignored(bench: Bench) -> None:
    done = bench.process("x,age,y,words,z\n7,1,8,one,9\n", TWO)

    (row,) = done.kept
    assert {name: row[name] for name in row if name != "row_id"} == {"age": 1.0, "words": "one"}


def test_columns_may_have_any_name(bench: Bench) -> None:
    contract = Contract.model_validate({"columns": dict.fromkeys(ODD_NAMES, "numeric")})
    header = ",".join('"' + name.replace('"', '""') + '"' for name in ("other", *ODD_NAMES))
    fields = ",".join(str(number) for number in range(len(ODD_NAMES) + 1))

    (row,) = bench.process(f"{header}\n{fields}\n", contract).kept

    assert {name: row[name] for name in ODD_NAMES} == {
        name: float(number) for number, name in enumerate(ODD_NAMES, start=1)
    }


def test_names_that_differ_in_case_only_are_two_columns(bench: Bench) -> None:
    contract = Contract.model_validate({"columns": {"age": "numeric", "Age": "numeric"}})

    (row,) = bench.process("Age,age\n1,2\n", contract).kept

    assert (row["Age"], row["age"]) == (1.0, 2.0)


def test_a_quoted_field_may_span_lines(bench: Bench) -> None:
    (row,) = bench.process('age,words\n1,"one\r\ntwo\n\nthree"\n', TWO).kept

    assert row["words"] == "one\r\ntwo\n\nthree"


def test_a_doubled_quote_is_one(bench: Bench) -> None:
    (row,) = bench.process('age,words\n1,"he said ""so"", twice"\n', TWO).kept

    assert row["words"] == 'he said "so", twice'


def test_a_backslash_is_a_character_like_any_other(bench: Bench) -> None:
    rows = bench.process('age,words\n1,"c:\\"\n2,a\\b\n', TWO).kept

    assert [row["words"] for row in rows] == ["c:\\", "a\\b"]


@pytest.mark.parametrize("contract", [TWO, LINES], ids=["multiline", "lines"])
def test_blanks_after_the_delimiter_are_no_part_of_a_field(
    bench: Bench, contract: Contract
) -> None:
    (row,) = bench.process('age, words\n1 , "one, two" \n', contract).kept

    assert (row["age"], row["words"]) == (1.0, "one, two")


def test_a_byte_order_mark_is_no_part_of_a_name(bench: Bench) -> None:
    (row,) = bench.process({"a.csv": b"\xef\xbb\xbfage,words\n1,one\n"}, TWO).kept

    assert row["age"] == 1.0


@pytest.mark.parametrize("contract", [TWO, LINES], ids=["multiline", "lines"])
def test_packed_files_are_read_as_plain_ones(bench: Bench, contract: Contract) -> None:
    files = {"a.csv.gz": gzip.compress(b"age,words\n1,one\n2,two\n"), "b.csv": "age,words\n3,x\n"}

    rows = bench.process(files, contract).kept

    assert sorted(row["age"] for row in rows) == [1.0, 2.0, 3.0]


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


def test_a_file_in_a_folder_with_an_odd_name_is_read(bench: Bench) -> None:
    folder = bench.folder() / "a [b] + c%25"
    folder.mkdir()
    text = "age,words\n1,x\n"

    done = bench.process_files(bench.snapshot({"1.csv": text, "2.csv": text}, TWO, folder), TWO)

    assert done.result.rows["kept"] == 2


def test_a_rejected_record_has_its_number_in_its_own_file(bench: Bench) -> None:
    head, good, bad = "age,words\n", '1,"one\ntwo"\n', "x,one\n"
    files = {"a.csv": head + good * 3 + bad, "b.csv": head + good + bad + good + bad}

    done = bench.process(files, TWO)

    found = sorted((row["file"], row["record"]) for row in done.rejected)
    assert found == [("a.csv", 4), ("b.csv", 2), ("b.csv", 4)]


def test_records_are_numbered_alike_in_files_of_different_headers(bench: Bench) -> None:
    files = {"a.csv": "age,words\n1,a\nx,b\n", "b.csv": "words,age\na,1\na,2\nb,x\n"}

    done = bench.process(files, TWO)

    found = sorted((row["file"], row["record"]) for row in done.rejected)
    assert found == [("a.csv", 2), ("b.csv", 3)]


def test_a_rejected_line_has_a_range_of_bytes_that_it_is_in(bench: Bench) -> None:
    text = "age,words\n1,one\nx,two\n"

    (row,) = bench.process(text, LINES).rejected

    start, length = row["byte_start"], row["byte_length"]
    assert row["record"] is None
    assert "x,two" in text[start : start + length]


@pytest.mark.parametrize("record", ["1", "1,2,3", '1,"two\nlines",3'])
def test_a_record_with_too_few_or_too_many_fields_is_rejected_with_its_text(
    bench: Bench, record: str
) -> None:
    (row,) = bench.process(f"age,words\n1,one\n{record}\n2,two\n", TWO).rejected

    assert row["raw"].rstrip("\n") == record
    assert row["reason"] == "the number of fields differs from the header's"


def test_a_rejected_record_has_its_text(bench: Bench) -> None:
    (row,) = bench.process('age,words,z\nx,"one, ""two""\nthree",4\n', TWO).rejected

    assert row["raw"] == 'x,"one, ""two""\nthree",4'


def test_the_text_of_a_rejected_record_is_cut_at_64_thousand_characters(bench: Bench) -> None:
    (row,) = bench.process(f"age,words\nx,{'a' * 70_000}\n", TWO).rejected

    assert len(row["raw"]) == 64 * 1024


@pytest.mark.parametrize(("delimiter", "quote"), [(";", "'"), ("\t", '"'), ("|", "'")])
def test_the_dialect_is_the_contracts(bench: Bench, delimiter: str, quote: str) -> None:
    contract = Contract.model_validate(
        {
            "columns": {"age": "numeric", "words": "text"},
            "dialect": {"delimiter": delimiter, "quote": quote, "escape": quote},
        }
    )
    text = f"age{delimiter}words\n1{delimiter}{quote}a{delimiter}b{quote}\n"

    (row,) = bench.process(text, contract).kept

    assert row["words"] == f"a{delimiter}b"


def test_the_encoding_is_the_contracts(bench: Bench) -> None:
    contract = Contract.model_validate(
        {"columns": {"mots": "text"}, "dialect": {"encoding": "iso-8859-1"}}
    )

    (row,) = bench.process({"a.csv": "mots,n\nété,1\n".encode("iso-8859-1")}, contract).kept

    assert row["mots"] == "été"


@pytest.mark.parametrize(("last", "split"), [('1,"one"\n', True), ('1,"one\ntwo"\n', False)])
def test_a_large_file_is_split_if_no_field_has_a_line_break(
    bench: Bench, last: str, split: bool
) -> None:
    files = bench.snapshot({"a.csv": f"age,words\n{LONG}{last}"}, TWO)

    found = read(bench.spark, files, TWO.pick(*CLEANED_BY), LOG)

    assert (found.frame.rdd.getNumPartitions() > 1) == split


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
    dialect = TWO.pick("dialect")["dialect"]
    shape = shape_of(io.BytesIO(stored), dialect)
    assume(not shape.oddity)
    files = bench.snapshot({"a.csv": stored}, TWO)
    spark = own_session(bench.spark)
    spark.conf.set("spark.sql.files.maxPartitionBytes", "20")

    def rows(*, multiline: bool) -> list[str]:
        found = read_csv(spark, files, [], ["age", "words"], {**dialect, "multiline": multiline})
        told = [
            (row["age"], row["words"], row[TEXT].rstrip() if row[MALFORMED] else row[FIELDS])
            for row in found.collect()
        ]
        return sorted(map(str, told))

    assert shape.lines
    assert rows(multiline=False) == rows(multiline=True)
