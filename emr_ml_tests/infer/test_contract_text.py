"""The text that is printed parses as a contract of the file's columns."""

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
from emr_ml.infer.contract_text import commented_entry, yaml_entry, yaml_list, yaml_scalar
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import Inferred, choices, floats, infer_columns, infer_content
from emr_ml_tests.sources.headers import header_of

WORDS = (
    r"""yes No null ~ 1 01 1.0 1e3 #b ' " it's a,b [x] {y} *z &z !z %z @z `z` | > ? = << --- \ 😀"""
)
PHRASES = ["...", "- a", "# b", "a: b", "a #b", "a, b", "? a", " a ", "a\nb", "2026-01-01"]
UNICODE = ["\u00e9", "e\u0301", "\u00a0", "\u2028", "\x85", "\ufeff", "\x07", "\ufffe"]
AWKWARD = [*WORDS.split(), *PHRASES, *UNICODE]
texts = st.one_of(
    st.sampled_from(AWKWARD), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
names = st.lists(texts, min_size=2, max_size=5)
rows = st.lists(st.lists(texts, min_size=5, max_size=5), min_size=1, max_size=12)


@given(texts)
@example("x" * 3000)
def test_a_scalar_parses_as_its_text(text: str) -> None:
    assert yaml.safe_load(yaml_scalar(text)) == text
    assert "\n" not in yaml_scalar(text)


@given(st.lists(texts, min_size=1))
def test_a_list_parses_as_its_texts(values: list[str]) -> None:
    assert yaml.safe_load(yaml_list(values)) == values


@given(texts, texts)
@example("x" * 3000, "")
def test_an_entry_parses_as_its_name_whatever_its_note(name: str, note: str) -> None:
    lines = ["columns:", *yaml_entry(name, "numeric", note), *commented_entry("b", "text", note)]
    assert yaml.safe_load("\n".join(lines)) == {"columns": {name: "numeric"}}


@given(texts, texts)
def test_a_commented_entry_can_be_uncommented(name: str, note: str) -> None:
    lines = [line.replace("# ", "", 1) for line in commented_entry(name, "numeric", note)]
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
            inferred = Inferred(path)
        except SourceError:
            return
    contract = inferred.contract
    assert set(contract.names) <= set(header_of(data, contract.dialect))


@pytest.mark.parametrize(
    "name", [name for name in AWKWARD if name.strip(" \u00a0\u2028\x85\ufeff")]
)
def test_awkward_names_are_those_of_the_file(tmp_path: Path, name: str) -> None:
    inferred = infer_columns(tmp_path, **{name: floats(), "label": choices(0, 1)})
    assert list(inferred.contract.columns) == [unicodedata.normalize("NFC", name.strip())]


@pytest.mark.parametrize("value", ["yes", "1", "1.0", "01", "~", "2026-01-01", "a: b"])
def test_values_of_the_label_stay_text(tmp_path: Path, value: str) -> None:
    inferred = infer_columns(tmp_path, a=floats(), label=choices(value, "x", "y"))
    assert inferred.contract.label and value in (inferred.contract.label.classes or ())


def test_a_blank_that_the_jobs_do_not_trim_is_a_value(tmp_path: Path) -> None:
    inferred = infer_columns(tmp_path, a=floats(), label=choices("yes", "\u00a0"))
    assert inferred.contract.label and inferred.contract.label.negative == ("\u00a0",)


def test_a_repeated_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has 'a' more than once"):
        infer_content(tmp_path, "a, a,b\n1,2,3\n4,5,6\n")


def test_the_keys_that_users_look_for_are_always_written(tmp_path: Path) -> None:
    written: Any = yaml.safe_load(infer_columns(tmp_path, a=floats(), label=choices(0, 1)).text)
    assert {"delimiter", "encoding", "multiline"} <= written["dialect"].keys()


def test_columns_keep_the_order_of_the_file(tmp_path: Path) -> None:
    columns = {"c": floats(), "a": choices(*"xy"), "label": choices(0, 1), "b": floats()[::-1]}
    assert list(infer_columns(tmp_path, **columns).contract.columns) == ["c", "a", "b"]


RAGGED = "a,b,label\n" + "1.5,2,0\n3,2,1\n4,3.5,1\n" * 50 + "1\n"
UNNAMED = ",a,label\n" + "".join(f"{row},{row % 7}.5,{row % 2}\n" for row in range(50))


@pytest.mark.parametrize(
    ("content", "comment"),
    [
        ('a,label\n"x\ny",1\n"z",0\n', "multiline: true  # some fields hold line breaks"),
        (RAGGED, "# 1 record has too few or too many fields"),
        (UNNAMED, "# column 1 has no name, so it is excluded"),
        (UNNAMED, "# Inferred from all 50 rows of"),
    ],
)
def test_a_comment_states_what_was_found(tmp_path: Path, content: str, comment: str) -> None:
    assert comment in infer_content(tmp_path, content).text


def test_the_comments_have_no_effect(tmp_path: Path) -> None:
    inferred = infer_columns(tmp_path, a=floats(), label=choices(0, 1))
    plain = "\n".join(line.split("  #")[0] for line in inferred.text.splitlines())
    assert parse_contract(plain, "plain.yaml") == inferred.contract


@pytest.mark.parametrize(
    ("label", "says"),
    [
        (["yes", *["no"] * 199], "0.5% of the rows. If `auc_pr` is"),
        (["a", *["b", "c"] * 100], "0.5% of the rows. If `log_loss` and `f1` are"),
    ],
    ids=["binary", "multiclass"],
)
def test_weights_for_rare_classes_can_be_uncommented(
    tmp_path: Path, label: list[str], says: str
) -> None:
    inferred = infer_columns(tmp_path, a=floats(len(label)), label=label)
    plain, comment = inferred.text.split("# The rarest class has ")

    assert comment.startswith(says)
    assert parse_contract(plain, "").model.class_weight == "none"
    block = comment[comment.index("# model:") :].replace("# ", "")
    assert parse_contract(plain + block, "").model.class_weight == "balanced"


@pytest.mark.parametrize("label", [choices(0, 1), choices("a", "b", "c"), floats()[::-1]])
def test_weights_are_not_mentioned_without_rare_classes(
    tmp_path: Path, label: list[object]
) -> None:
    assert "class_weight" not in infer_columns(tmp_path, a=floats(), label=label).text
