"""Files of JSON lines as records of text, none of which is lost."""

import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench
from spark_jobs.reading import json_parser
from spark_jobs.reading.json_records import read_json_lines
from spark_jobs.runtime.job import JobError, SourceFile

CONTRACT = Contract.model_validate(
    {"format": "jsonl", "columns": {"a.n": "numeric", "a.s": "categorical"}, "missing": [""]}
)
OBJECTS = [{"a": {"n": 1.5, "s": "x"}}, {"a": {"n": None}}, {"a": {"s": "y", "n": "2"}, "b": 1}]
TEXT = "".join(json.dumps(each) + "\n" for each in OBJECTS)


def kept(bench: Bench, files: dict[str, Any]) -> Any:
    return bench.process(files, CONTRACT)


@pytest.mark.parametrize(
    ("name", "body"),
    [("a.jsonl", TEXT.encode()), ("a.jsonl.gz", gzip.compress(TEXT.encode(), mtime=0))],
    ids=["plain", "gzip"],
)
def test_fields_are_columns_by_their_paths(bench: Bench, name: str, body: bytes) -> None:
    done = kept(bench, {name: body})

    found = {(row["a.n"], row["a.s"]) for row in done.kept}
    assert found == {(1.5, "x"), (None, None), (2.0, "y")}


def test_lines_that_are_no_objects_are_rejected_with_place_and_text(bench: Bench) -> None:
    done = kept(bench, {"a.jsonl": TEXT + "\n[1]\n{bad\n"})

    assert done.result.rows == {"in": 5, "kept": 3, "rejected": 2}
    reasons = {(row["record"], row["raw"].strip(), row["reason"]) for row in done.rejected}
    assert reasons == {
        (4, "[1]", "the line is not a JSON object"),
        (5, "{bad", "the line is not a JSON object"),
    }


def test_a_damaged_file_is_an_error_that_names_it(bench: Bench) -> None:
    with pytest.raises(JobError, match=r"a\.jsonl\.gz (is damaged|ends before)"):
        kept(bench, {"a.jsonl.gz": gzip.compress(TEXT.encode() * 500)[:-20]})


def test_all_damaged_files_are_named_and_none_is_parsed_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [SourceFile(f"{n}.jsonl", str(tmp_path / f"{n}.jsonl"), 0, "", ()) for n in range(3)]
    for file in files:
        Path(file.uri).write_text('{"a": 1}\n')
    Path(files[0].uri).write_text("x" * 100)
    Path(files[2].uri).unlink()
    monkeypatch.setattr(json_parser, "values_of", None)
    spark: Any = SimpleNamespace(sparkContext=SimpleNamespace(master="local[2]"))

    with pytest.raises(JobError) as caught:
        read_json_lines(spark, files, ["a"], 50)

    assert "0.jsonl: line 1 is longer than `max_record_bytes`, 50" in str(caught.value)
    assert "2.jsonl can't be read: No such file" in str(caught.value)


def test_values_that_are_no_text_are_rejected(bench: Bench) -> None:
    broken = b'{"a": {"s": "\\ud800"}}\n{"a": {"s": "caf\xe9"}}\n'

    done = kept(bench, {"a.jsonl": TEXT.encode() + broken})

    assert done.result.rows == {"in": 5, "kept": 3, "rejected": 2}
    assert all("a.s contains bytes that are not utf-8" in reason for reason in done.reasons)
