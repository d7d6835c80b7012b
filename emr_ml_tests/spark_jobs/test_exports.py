"""What other programs write, by the contract that is inferred: the values it was written from."""

from pathlib import Path
from typing import Any

import pytest

from emr_ml.contract import parse_contract
from emr_ml.infer import infer_contract
from emr_ml_tests.exports import EXPORTS, ROWS, Row, export
from emr_ml_tests.spark_jobs.bench import Bench


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_has_the_values_that_it_was_written_from(
    bench: Bench, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(export(name))
    text, _ = infer_contract(str(tmp_path / name), "label")

    done = bench.process({name: export(name)}, parse_contract(text, "inferred.yaml"))

    assert done.result.rows == {"in": len(ROWS), "kept": len(ROWS), "rejected": 0}
    found = sorted(map(values, done.kept), key=str)
    # Excel's has days alone
    expected = (values_of(row, has_time=name != "excel.csv") for row in ROWS)
    assert found == sorted(expected, key=str)


def values(row: dict[str, Any]) -> tuple[Any, ...]:
    amount = row["amount"]
    moment = row["moment"].replace(tzinfo=None)
    return moment, None if amount is None else round(amount, 2), row["city"], row["label"]


def values_of(row: Row, *, has_time: bool) -> tuple[Any, ...]:
    moment = row.moment.replace(tzinfo=None)
    moment = moment if has_time else moment.replace(hour=0, minute=0)
    amount = None if row.amount is None else round(row.amount, 2)
    return moment, amount, f'{row.city}"', row.label
