"""What is printed parses, and names nothing that is not in the file."""

import csv
import io
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emr_ml.contract import parse_contract
from emr_ml.infer.contract_text import entry, left_out, scalar, sequence
from emr_ml.sources.header import header_of
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import Look, drawn, fractions, look, look_at

WORDS = (
    r"""yes No null ~ 1 01 1.0 1e3 #b ' " it's a,b [x] {y} *z &z !z %z @z `z` | > ? = << --- \ 😀"""
)
PLAIN = [
    *WORDS.split(),
    "...",
    "- a",
    "# b",
    "a: b",
    "a #b",
    "a, b",
    "? a",
    " a ",
    "a\nb",
    "2026-01-01",
]
HARD = [*PLAIN, "\u00e9", "e\u0301", "\u00a0", "\u2028", "\x85", "\ufeff", "\x07", "\ufffe"]
texts = st.one_of(
    st.sampled_from(HARD), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
names = st.lists(texts, min_size=2, max_size=5)
rows = st.lists(st.lists(texts, min_size=5, max_size=5), min_size=1, max_size=12)


@given(texts)
@example("x" * 3000)
def test_a_text_as_yaml_is_that_text(text: str) -> None:
    assert yaml.safe_load(scalar(text)) == text
    assert "\n" not in scalar(text)


@given(st.lists(texts, min_size=1))
def test_texts_in_brackets_are_those_texts(values: list[str]) -> None:
    assert yaml.safe_load(sequence(values)) == values


@given(texts, texts)
@example("x" * 3000, "")
def test_an_entry_is_that_name_whatever_is_said_of_it(name: str, said: str) -> None:
    lines = ["columns:", *entry(name, "numeric", said), *left_out("b", "text", said)]
    assert yaml.safe_load("\n".join(lines)) == {"columns": {name: "numeric"}}


@given(texts, texts)
def test_what_is_left_out_is_there_without_the_sign_in_front(name: str, said: str) -> None:
    lines = [line.replace("# ", "", 1) for line in left_out(name, "numeric", said)]
    assert yaml.safe_load("\n".join(lines)) == {name: "numeric"}


@settings(max_examples=300, deadline=None)
@given(names, rows, st.sampled_from(",;\t|"))
def test_whatever_is_inferred_is_a_contract_of_the_files_columns(
    header: list[str], records: list[list[str]], delimiter: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([header, *(record[: len(header)] for record in records)])
    data = text.getvalue().encode()
    with TemporaryDirectory() as folder:
        path = Path(folder, "data.csv")
        path.write_bytes(data)
        try:
            seen = Look(path)
        except SourceError:
            return
    contract = seen.contract
    assert set(contract.names) <= set(header_of(data, "data.csv", contract.dialect))


@pytest.mark.parametrize("name", [name for name in HARD if name.strip(" \u00a0\u2028\x85\ufeff")])
def test_hard_names_are_the_files_own(tmp_path: Path, name: str) -> None:
    seen = look_at(tmp_path, **{name: fractions(), "label": drawn(0, 1)})
    assert list(seen.contract.columns) == [unicodedata.normalize("NFC", name.strip())]


def test_a_blank_that_is_not_trimmed_in_the_rows_is_a_value_of_its_own(tmp_path: Path) -> None:
    seen = look_at(tmp_path, a=fractions(), label=drawn("yes", "\u00a0"))
    assert seen.contract.label and seen.contract.label.negative == ("\u00a0",)


@pytest.mark.parametrize("value", ["yes", "1", "1.0", "01", "~", "2026-01-01", "a: b"])
def test_values_of_the_label_stay_texts(tmp_path: Path, value: str) -> None:
    seen = look_at(tmp_path, a=fractions(), label=drawn(value, "x", "y"))
    assert seen.contract.label and value in (seen.contract.label.classes or ())


def test_names_that_stand_twice_are_an_error_that_names_them(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="names 'a' more than once"):
        look(tmp_path, "a, a,b\n1,2,3\n4,5,6\n")


def test_a_column_without_a_name_is_left_out(tmp_path: Path) -> None:
    seen = look(tmp_path, ",a,label\n" + "".join(f"{i},{i % 7}.5,{i % 2}\n" for i in range(50)))
    assert list(seen.contract.columns) == ["a"]
    assert "# column 1 has no name" in seen.text


def test_the_keys_a_user_looks_for_are_always_there(tmp_path: Path) -> None:
    written: Any = yaml.safe_load(look_at(tmp_path, a=fractions(), label=drawn(0, 1)).text)
    assert {"delimiter", "encoding", "multiline"} <= written["dialect"].keys()


def test_columns_stand_in_the_files_order(tmp_path: Path) -> None:
    seen = look_at(tmp_path, c=fractions(), a=drawn(*"xy"), label=drawn(0, 1), b=fractions()[::-1])
    assert list(seen.contract.columns) == ["c", "a", "b"]


def test_fields_with_line_breaks_make_it_multiline(tmp_path: Path) -> None:
    seen = look(tmp_path, 'a,label\n"x\ny",1\n"z",0\n')
    assert seen.contract.dialect.multiline
    assert "line breaks" in seen.line("multiline:")


def test_records_with_too_few_fields_are_told(tmp_path: Path) -> None:
    seen = look(tmp_path, "a,b,label\n" + "1.5,2,0\n3,2,1\n4,3.5,1\n" * 50 + "1\n")
    assert "1 record has too few or too many fields" in seen.text


def test_what_was_looked_at_is_told(tmp_path: Path) -> None:
    assert "all 200 rows" in look_at(tmp_path, a=fractions(), label=drawn(0, 1)).text


def test_the_text_parses_without_its_comments(tmp_path: Path) -> None:
    seen = look_at(tmp_path, a=fractions(), label=drawn(0, 1))
    plain = "\n".join(line.split("  #")[0] for line in seen.text.splitlines())
    assert parse_contract(plain, "plain.yaml") == seen.contract
