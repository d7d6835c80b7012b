"""A bench that runs jobs on data that a test makes up."""

import hashlib
import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from emr_ml.contract import Contract
from emr_ml.contract.model import ModelParams
from emr_ml.lake.snapshots import take_snapshot
from spark_jobs import champion_model, lr_model, metrics, processed_dataset, sales_by_seller
from spark_jobs.runtime.execution import isolated_session
from spark_jobs.runtime.job import Input, Request, Result, SourceFile
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.parts import ManifestEntry

CLEANED_BY = ("format", "dialect", "missing", "columns", "label", "id", "weight")
DEFAULTS: dict[str, Any] = ModelParams.model_validate({}).model_dump(mode="json")
PLAIN_FEATURIZER: dict[str, Any] = DEFAULTS["featurizers"][0]
SMALL: dict[str, Any] = {
    **DEFAULTS,
    "featurizers": [{**PLAIN_FEATURIZER, "dimensions": 1 << 12}],
    "regularization": [1e-3],
    "max_iterations": 20,
}
ID = "__row_id string"
FIRST_PERCENT = {"train": 0, "validation": 64, "test": 80}
MEASURED_BY = ("label", "split", "columns", "id", "report")
LOG = logging.getLogger("test")

Row = dict[str, Any]


@dataclass(frozen=True)
class Done:
    """What a job returned and wrote."""

    result: Result
    path: Path
    parts: tuple[ManifestEntry, ...] = ()

    def rows(self, folder: str) -> list[Row]:
        """The rows below that folder of the output, none if the job did not write it."""
        path = self.path / folder
        if not path.exists():
            return []
        # nanoseconds would become pandas' timestamps where pandas is installed
        return pq.read_table(path, coerce_int96_timestamp_unit="us").to_pylist()

    @property
    def kept(self) -> list[Row]:
        rows = self.rows("kept")
        return [{name: row[name] for name in row if name != "_file"} for row in rows]

    @property
    def rejected(self) -> list[Row]:
        return self.rows("rejected")

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.rejected]

    @property
    def as_input(self) -> Input:
        return Input("0" * 32, str(self.path), parts=self.parts)


class Bench:
    """Runs jobs as the launchers do: each on a session of its own, into a folder of its own."""

    def __init__(self, spark: SparkSession, root: Path) -> None:
        self.spark = spark
        self.root = root
        self._folders = (root / str(number) for number in itertools.count())

    def folder(self) -> Path:
        folder = next(self._folders)
        folder.mkdir()
        return folder

    def snapshot(
        self, files: Mapping[str, str | bytes], contract: Contract, folder: Path | None = None
    ) -> tuple[SourceFile, ...]:
        """Files of these names and contents, as the snapshot of their folder describes them."""
        source = folder or self.folder()
        for name, content in files.items():
            body = content.encode() if isinstance(content, str) else content
            (source / name).write_bytes(body)
        lake = open_lake(str(source.parent))
        return tuple(take_snapshot(str(source), lake, "raw_csv_s3", contract).files)

    def request(
        self, asset: str, inputs: Mapping[str, Input], contract: Row, params: Row | None = None
    ) -> Request:
        """What a launcher would ask of the job; the output is a folder that is not there yet."""
        return Request(
            asset=asset,
            version="0" * 32,
            attempt=1,
            lake=str(self.root),
            output=str(self.folder() / "output"),
            inputs=inputs,
            contract=contract,
            params=params or {},
            code="unused",
            spark="unused",
        )

    def process(self, source: str | Mapping[str, str | bytes], contract: Contract) -> Done:
        """`processed_dataset` of files by name, or of one CSV text."""
        files = {"data.csv": source} if isinstance(source, str) else source
        return self.process_files(self.snapshot(files, contract), contract)

    def process_files(self, files: tuple[SourceFile, ...], contract: Contract) -> Done:
        given = {"raw_csv_s3": Input("0" * 32, "unused", files)}
        key = f"{self.folder().name}/part"
        request = self.request("processed_dataset", given, contract.pick(*CLEANED_BY))
        request = replace(request, new_part=key)
        result = processed_dataset.run(isolated_session(self.spark), request, LOG)
        return Done(result, self.root / key, (ManifestEntry(key),))

    def sell(self, text: str, contract: Contract) -> Done:
        """`sales_by_seller` of one CSV text."""
        files = self.snapshot({"sales.csv": text}, contract)
        given = {"raw_sales_csv_s3": Input("0" * 32, "unused", files)}
        request = self.request("sales_by_seller", given, contract.pick(*CLEANED_BY))
        result = sales_by_seller.run(isolated_session(self.spark), request, LOG)
        return Done(result, Path(request.output))

    def dataset(self, rows: Sequence[Row], contract: Contract) -> Input:
        """`processed_dataset` with just these rows, each in the split that its `split` names.

        The value of a column that a row does not have is null.
        """
        types = {
            name: pa.float64() if column.kind == "numeric" else pa.string()
            for name, column in contract.columns.items()
        }
        assert contract.label, "only what has a label can be learned"
        label = pa.float64() if contract.label.kind == "numeric" else pa.string()
        types[contract.label.column] = label
        if contract.weight:
            types[contract.weight] = pa.float64()
        schema = pa.schema({**types, "__row_id": pa.string()})
        folder = self.folder()
        (folder / "kept").mkdir()
        named = [{**row, "__row_id": row_id(row["split"], i)} for i, row in enumerate(rows)]
        pq.write_table(pa.Table.from_pylist(named, schema), folder / "kept" / "part.parquet")
        return Input("0" * 32, str(folder), parts=(ManifestEntry(folder.name),))

    def train(self, dataset: Input, contract: Contract, **params: Any) -> Done:
        """`lr_model`, with parameters for small data where none are given."""
        picked = contract.pick("columns", "label", "weight", "split")
        given = {"processed_dataset": dataset}
        wanted = {**SMALL, **params}
        request = self.request("lr_model", given, picked, wanted)
        result = lr_model.run(isolated_session(self.spark), request, LOG)
        return Done(result, Path(request.output))

    def measure(self, dataset: Input, model: Done, contract: Contract) -> Done:
        """`metrics` of that model."""
        given = {"processed_dataset": dataset, "lr_model": model.as_input}
        request = self.request("metrics", given, contract.pick(*MEASURED_BY))
        result = metrics.run(isolated_session(self.spark), request, LOG)
        return Done(result, Path(request.output))

    def compare(self, dataset: Input, challenger: Done, champion: Done, contract: Contract) -> Done:
        """`champion_model` of the two models."""
        models = {"lr_model": challenger.as_input, "champion": champion.as_input}
        given = {"processed_dataset": dataset, **models}
        request = self.request("champion_model", given, contract.pick("label", "split"))
        result = champion_model.run(isolated_session(self.spark), request, LOG)
        return Done(result, Path(request.output))


def row_id(split: str, number: int) -> str:
    """An id that the default shares put into that split."""
    tail = hashlib.sha256(str(number).encode()).hexdigest()
    return f"{FIRST_PERCENT[split]:08x}{tail[8:]}"


def with_ids(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows of the test split, each with an id of its own before its values."""
    return [(row_id("test", number), *row) for number, row in enumerate(rows)]
