"""Read the files in which MLlib saves a fitted pipeline: JSON metadata, and data as Parquet."""

import io
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake

READERS = 16  # files that are read at a time, because each request to S3 takes long


@dataclass(frozen=True)
class SavedStage:
    """A stage as it was saved.

    Args:
        name: of its class, without the package.
        metadata: the parameters and, of some classes, more.
        tables: the Parquet files by folder: `data`, and of ensembles `treesMetadata`.
    """

    name: str
    metadata: Mapping[str, Any]
    tables: Mapping[str, Sequence[bytes]]

    def param(self, name: str) -> Any:
        """Return a parameter as it was set, or its default; None if it has neither."""
        return self._params.get(name)

    @cached_property
    def _params(self) -> Mapping[str, Any]:
        return {**self.metadata.get("defaultParamMap", {}), **self.metadata["paramMap"]}

    def rows(self, folder: str = "data") -> list[dict[str, Any]]:
        """Return the rows of a Parquet folder.

        Raises:
            JobError: its files are not there, or are damaged.
        """
        bodies = self.tables.get(folder)
        if not bodies:
            raise JobError(f"the saved {self.name} has no {folder}: train the model again")
        try:
            return pa.concat_tables(pq.read_table(io.BytesIO(each)) for each in bodies).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise JobError(
                f"the {folder} of the saved {self.name} is damaged: train the model again"
            ) from error

    @property
    def data(self) -> dict[str, Any]:
        """The only row of the data."""
        (row,) = self.rows()
        return row


def read_saved_pipeline(lake: Lake, folder: str) -> list[SavedStage]:
    """Return the stages of a `PipelineModel`, in their order.

    Raises:
        JobError: the files are not there, are damaged, or are not those of a pipeline.
    """
    keys = [entry.key for entry in lake.list(f"{folder}/") if _is_content(entry.key)]

    def read(key: str) -> bytes:
        stored = lake.read(key)
        if stored is None:
            raise JobError(f"{lake.uri(key)} vanished while it was read: try again")
        return stored.body

    with ThreadPoolExecutor(READERS) as pool:
        files = dict(zip(keys, pool.map(read, keys), strict=True))
    names = {key.split("/")[-3] for key in keys if key.startswith(f"{folder}/stages/")}
    if not names:
        raise JobError(f"there is no saved pipeline in {lake.uri(folder)}: train the model again")
    # a folder begins with the position of its stage, with leading zeros
    return [_stage(files, f"{folder}/stages/{name}/", lake) for name in sorted(names)]


def _is_content(key: str) -> bool:
    name = key.rpartition("/")[2]
    return name.startswith("part-") and "/_" not in key


def _stage(files: Mapping[str, bytes], folder: str, lake: Lake) -> SavedStage:
    tables: dict[str, list[bytes]] = {}
    metadata: dict[str, Any] | None = None
    for key, body in files.items():
        if key.startswith(f"{folder}metadata/"):
            try:
                metadata = json.loads(body)
            except ValueError as error:
                raise JobError(f"{lake.uri(key)} is damaged: train the model again") from error
        elif key.startswith(folder):
            tables.setdefault(key.split("/")[-2], []).append(body)
    if metadata is None:
        raise JobError(f"{lake.uri(folder.rstrip('/'))} has no metadata: train the model again")
    return SavedStage(metadata["class"].rpartition(".")[2], metadata, tables)


def vector(stored: Mapping[str, Any]) -> list[float]:
    """Return the elements of a saved vector; of a sparse one (`type` 0), with its zeros."""
    if stored["type"] == 1:
        return stored["values"]
    elements = [0.0] * stored["size"]
    for index, value in zip(stored["indices"], stored["values"], strict=True):
        elements[index] = value
    return elements


def matrix(stored: Mapping[str, Any]) -> list[list[float]]:
    """Return the rows of a saved matrix, which is dense (`type` 1) or in compressed columns."""
    height, width, values = stored["numRows"], stored["numCols"], stored["values"]
    if stored["type"] == 1:
        if stored["isTransposed"]:
            return [values[row * width : (row + 1) * width] for row in range(height)]
        return [values[row::height] for row in range(height)]
    rows = [[0.0] * width for _ in range(height)]
    ends = stored["colPtrs"]
    for major, (start, end) in enumerate(pairwise(ends)):
        for minor, value in zip(stored["rowIndices"][start:end], values[start:end], strict=True):
            # transposed, the pointers are those of rows
            row, column = (major, minor) if stored["isTransposed"] else (minor, major)
            rows[row][column] = value
    return rows
