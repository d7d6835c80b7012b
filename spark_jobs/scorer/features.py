"""Turn the values of rows into vectors."""

import math
import re
import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from spark_jobs.scorer.values import replacer

HASHED = 1 << 16  # terms whose hash is remembered

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Row = Mapping[str, Any]
Values = tuple[list[float], list[str | None]]  # numbers and parts of times, then texts


def dense_array(stored: Any) -> Numbers:
    """Return the array that the model has as a list, or as `size`, `indices` and `values`."""
    if isinstance(stored, list):
        return np.array(stored, dtype=np.float64)
    array = np.zeros(stored["size"])
    array[stored["indices"]] = stored["values"]
    return array


def murmur3(data: bytes) -> int:
    """Return the hash of MurmurHash3 (x86, 32 bits) with Spark's seed, as a signed number."""
    size = len(data)
    value, whole = 42, size & ~3
    for block in struct.unpack_from(f"<{whole // 4}I", data):
        value ^= _mixed(block)
        value = ((value << 13 | value >> 19) * 5 + 0xE6546B64) & 0xFFFFFFFF
    if rest := int.from_bytes(data[whole:], "little"):
        value ^= _mixed(rest)
    value ^= size
    value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    value ^= value >> 16
    return value - (1 << 32) if value >> 31 else value


def _mixed(block: int) -> int:
    block = block * 0xCC9E2D51 & 0xFFFFFFFF
    return (block << 15 | block >> 17) * 0x1B873593 & 0xFFFFFFFF


@lru_cache(HASHED)
def hash_index(term: str, size: int) -> int:
    """Return the index of a term in a vector of that size, from 0."""
    return murmur3(term.encode()) % size


class _Tokens:
    """Turns a text into its terms."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._replace = replacer(spec["replace"])
        self._word = re.compile(spec["word"], re.ASCII)
        self._stop_words = frozenset(spec["stop_words"])
        self._lower = spec["lower_case"]
        self._ngrams = spec["ngrams"]

    def of(self, text: str | None) -> list[str]:
        plain = self._replace(text or "")
        words = self._word.findall(plain.lower() if self._lower else plain)
        if self._stop_words:
            words = [word for word in words if word not in self._stop_words]
        terms: list[str] = []
        for length in self._ngrams:
            ranges = (words[start:] for start in range(length))
            terms += words if length == 1 else [" ".join(each) for each in zip(*ranges)]  # noqa: B905 - they end with the shortest
        return terms


class _Category:
    def __init__(self, spec: Mapping[str, Any], start: int) -> None:
        categories = spec["categories"]
        self._indices = {each: start + index for index, each in enumerate(categories)}
        self._other = start + len(categories)

    def add(self, text: str | None, indices: list[int], values: list[float]) -> None:
        indices.append(self._indices.get(text, self._other) if text else self._other)
        values.append(1.0)

    def name(self, _: int, text: str | None) -> str | None:
        return text


class _HashedCategory:
    def __init__(self, spec: Mapping[str, Any], start: int) -> None:
        self._prefix, self._size, self._start = spec["prefix"], spec["size"], start

    def add(self, text: str | None, indices: list[int], values: list[float]) -> None:
        if text is not None:
            indices.append(self._start + hash_index(self._prefix + text, self._size))
            values.append(1.0)

    def name(self, _: int, text: str | None) -> str | None:
        return text


class _Terms:
    def __init__(self, spec: Mapping[str, Any], start: int) -> None:
        self._tokens, self._size, self._start = _Tokens(spec), spec["size"], start
        self._binary, self._norm = spec["binary"], spec["norm"]
        self._weights = None if spec["idf"] is None else dense_array(spec["idf"]).tolist()

    def add(self, text: str | None, indices: list[int], values: list[float]) -> None:
        counts: dict[int, float] = {}
        for term in self._tokens.of(text):
            index = hash_index(term, self._size)
            counts[index] = 1.0 if self._binary else counts.get(index, 0.0) + 1.0
        if self._weights:
            counts = {index: count * self._weights[index] for index, count in counts.items()}
        norm = math.sqrt(sum(each * each for each in counts.values())) if self._norm else 1.0
        indices.extend(self._start + index for index in counts)
        values.extend(each / norm if norm else each for each in counts.values())

    def name(self, index: int, text: str | None) -> str | None:
        bucket = index - self._start
        terms = (each for each in self._tokens.of(text) if hash_index(each, self._size) == bucket)
        return " / ".join(dict.fromkeys(terms)) or None


class _WordVectors:
    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._tokens = _Tokens(spec)
        self._vectors = {word: np.array(each) for word, each in spec["vectors"].items()}
        self._size = spec["size"]

    def of(self, text: str | None) -> list[float]:
        words, total = self._tokens.of(text), np.zeros(self._size)
        for word in words:
            if word in self._vectors:
                total += self._vectors[word]
        return (total / len(words) if words else total).tolist()


class Features:
    """Vectors of rows: some elements as columns of a matrix, others one by one."""

    def __init__(self, matrix: Numbers, rows: Indices, indices: Indices, values: Numbers) -> None:
        self.matrix, self.rows, self.indices, self.values = matrix, rows, indices, values

    @property
    def count(self) -> int:
        return len(self.matrix)


NO_ELEMENTS = (np.array([], np.intp), np.array([], np.intp), np.array([], np.float64))
SPARSE = {"category": _Category, "hashed_category": _HashedCategory, "terms": _Terms}


class Vector:
    """Turns the values of rows into vectors."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        columns = model["columns"]
        texts = [each["name"] for each in columns if each["kind"] in ("categorical", "text")]
        numbers: list[tuple[str, str | None]] = [
            (each["name"], None) for each in columns if each["kind"] == "numeric"
        ]
        times = [each for each in columns if each["kind"] == "datetime"]
        numbers += [(each["name"], part) for each in times for part in each["time"]["parts"]]
        self._sparse: list[tuple[int, Any]] = []
        self._words: list[tuple[int, _WordVectors]] = []
        self._owners: list[tuple[str, Any]] = []  # by index: the column, and the block if sparse
        order: list[int] = []
        dense: list[int] = []
        scales: list[Sequence[float]] = []
        width = len(numbers)
        for block in model["features"]:
            start, column = len(self._owners), block["column"]
            if block["kind"] in SPARSE:
                made = SPARSE[block["kind"]](block, start)
                self._sparse.append((texts.index(column), made))
                self._owners += [(column, (texts.index(column), made))] * block["size"]
                continue
            if block["kind"] == "number":
                order.append(numbers.index((column, block["part"])))
            else:
                self._words.append((texts.index(column), _WordVectors(block)))
                order += range(width, width + block["size"])
                width += block["size"]
            dense += range(start, start + block["size"])
            scales += zip(block["fill"], block["shift"], block["factor"], block["add"], strict=True)
            self._owners += [(column, None)] * block["size"]
        self.size = len(self._owners)
        self.dense = np.array(dense, dtype=np.intp)
        self._order = np.array(order, dtype=np.intp)
        self._fill, self._shift, self._factor, self._add = np.array(scales).reshape(-1, 4).T

    def of(self, rows: Sequence[Values]) -> Features:
        numbers = [
            each + [number for at, block in self._words for number in block.of(texts[at])]
            if self._words
            else each
            for each, texts in rows
        ]
        matrix = np.array(numbers, dtype=np.float64).reshape(len(rows), -1)[:, self._order]
        missing = np.isnan(matrix)
        if missing.any():
            matrix = np.where(missing, self._fill, matrix)
        matrix = (matrix - self._shift) * self._factor + self._add
        return Features(matrix, *(self._sparse_elements(rows) if self._sparse else NO_ELEMENTS))

    def _sparse_elements(self, rows: Sequence[Values]) -> tuple[Indices, Indices, Numbers]:
        indices: list[int] = []
        values: list[float] = []
        owners: list[int] = []
        for number, (_, texts) in enumerate(rows):
            for at, block in self._sparse:
                block.add(texts[at], indices, values)
            owners += [number] * (len(indices) - len(owners))
        return np.array(owners, np.intp), np.array(indices, np.intp), np.array(values, np.float64)

    def name(self, index: int, values: Values, row: Row) -> tuple[str, Any]:
        """Return the column that an index belongs to, and its value or term in the row."""
        column, sparse = self._owners[index]
        if sparse is None:
            return column, row.get(column)
        at, block = sparse
        return column, block.name(index, values[1][at])
