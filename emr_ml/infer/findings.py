"""All that is found out about a file, by looking at a sample of its rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emr_ml.infer.column_kinds import Column, Guess, guess_kind, is_reserved
from emr_ml.infer.csv_sample import Csv, sample_csv
from emr_ml.infer.files import File
from emr_ml.infer.label import Target, describe_target, find_label
from emr_ml.infer.parquet_sample import sample_parquet
from emr_ml.infer.sample import Sample
from emr_ml.infer.values import MAYBE_MISSING, find_decimal, find_missing, is_number, without
from emr_ml.sources.listing import SourceError

HOPELESS = ("it is", "it agrees", "dates")  # reasons for which a column is never taken
LEAK_ROWS = 10  # with fewer, a column may agree with the label by chance


@dataclass(frozen=True)
class Findings:
    """What a contract is written from.

    `csv` is None for Parquet. `missing` counts the tokens that stand for no value, `columns` are
    all but the label, `rejected` is the share of the sampled rows that would break the contract.
    """

    file: File
    csv: Csv | None
    sample: Sample
    decimal: str
    missing: Counter[str]
    columns: Mapping[str, Guess]
    target: Target | None
    id: str | None
    rejected: float


def find_out(file: File, wanted: str | None) -> Findings:
    """Look at a file; `wanted` is the label that the user named.

    Raises:
        SourceError: the file or the label can't be used, and why.
    """
    csv = None if file.parquet else sample_csv(file)
    sample = csv.sample if csv else sample_parquet(file)
    _check_names(sample, file)
    names = [name for name in sample.names if name]
    counts = {name: Counter(sample.column(name)) for name in names}
    decimal = find_decimal(counts.values(), csv.writing.delimiter) if csv else "."
    missing = find_missing(counts, decimal)
    values = {name: without(missing, counts[name]) for name in names}
    named = csv.header.found if csv else True
    found = find_label(names, values, wanted, named=named)
    if found:
        _keep_classes(missing, counts[found[0]], decimal)
        values = {name: without(missing, counts[name]) for name in names}
    target = describe_target(*found, values[found[0]], decimal) if found else None
    columns = {
        name: _guess(name, sample, values[name], decimal, target)
        for name in names
        if not target or name != target.column
    }
    columns = _something_left(columns, file, target)
    keys = [name for name, guess in columns.items() if guess.key and not is_reserved(name)]
    return Findings(
        file,
        csv,
        sample,
        decimal,
        missing,
        columns,
        target,
        keys[0] if keys else None,
        _rejected(sample, columns, target, missing),
    )


def _check_names(sample: Sample, file: File) -> None:
    twice = [name for name, count in Counter(sample.names).items() if name and count > 1]
    if twice:
        shown = ", ".join(f"'{name}'" for name in twice[:8])
        raise SourceError(
            f"the header of {file.where} names {shown} more than once: give each column a name "
            "of its own"
        )
    if not any(sample.names):
        raise SourceError(f"the header of {file.where} has no name that is not empty")


def _keep_classes(missing: Counter[str], label: Counter[str], decimal: str) -> None:
    """Words such as `None` are classes where they stand among words in the label."""
    others = [value for value in label if value not in missing]
    for token in MAYBE_MISSING:
        if token in label and not all(is_number(value, decimal) for value in others):
            del missing[token]


def _guess(
    name: str, sample: Sample, counts: Counter[str], decimal: str, target: Target | None
) -> Guess:
    if name in sample.unusable:
        return Guess("categorical", left_out=sample.unusable[name])
    every = sample.column(name)
    there = [value for value in every if value in counts]
    guess = guess_kind(Column(name, there, counts, len(every), decimal))
    if target and not guess.left_out and _tells_label(every, sample.column(target.column)):
        return guess.without(
            f"it agrees one to one with the label: it would give '{target.column}' away"
        )
    return guess


def _tells_label(column: Sequence[str], label: Sequence[str]) -> bool:
    """Whether each value goes with one label, and each label with one value."""
    if len(label) < LEAK_ROWS:
        return False
    different = len(set(label))
    if len(set(column)) != different or different < 2:
        return False
    if different > len(label) / 2:
        # nearly all labels are different: then only the same value tells it
        return column == label
    return len(set(zip(column, label, strict=True))) == different


def _something_left(
    columns: Mapping[str, Guess], file: File, target: Target | None
) -> dict[str, Guess]:
    """The columns; if all were left out, the first that says something is taken all the same.

    Raises:
        SourceError: none does.
    """
    if any(not guess.left_out for guess in columns.values()):
        return dict(columns)
    for name, guess in columns.items():
        if guess.said and not is_reserved(name) and not str(guess.left_out).startswith(HOPELESS):
            said = f"{guess.said}; taken for want of a better one: {guess.left_out}"
            return {**columns, name: Guess(guess.kind, said, junk=guess.junk)}
    besides = f" besides the label '{target.column}'" if target else ""
    reasons = "; ".join(f"'{name}': {guess.left_out}" for name, guess in list(columns.items())[:8])
    raise SourceError(
        f"no column of {file.where}{besides} can be learned from: {reasons or 'none'}"
    )


def _rejected(
    sample: Sample,
    columns: Mapping[str, Guess],
    target: Target | None,
    missing: Counter[str],
) -> float:
    """The share of the sampled rows with a value that their column rejects."""
    refused = {name: guess.junk for name, guess in columns.items() if not guess.left_out}
    if target:
        refused[target.column] = target.junk | missing.keys()
    broken: set[int] = set()
    for name, values in refused.items():
        if values:
            column = sample.column(name)
            broken.update(index for index, value in enumerate(column) if value in values)
    return len(broken) / sample.rows
