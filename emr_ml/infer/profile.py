"""All that a contract is written from: the sample of a file, and what its values show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from emr_ml.contract.base import is_reserved
from emr_ml.infer.blank_label import blank_class, guess_with_blanks, is_tick
from emr_ml.infer.column_kinds import ColumnProfile, ColumnValues, profile_column, quoted_list
from emr_ml.infer.csv_sample import CsvSample, sample_csv
from emr_ml.infer.files import DataFile, Sample
from emr_ml.infer.json_sample import is_json_lines, sample_json_lines
from emr_ml.infer.label import LabelGuess, choose_label, guess_problem
from emr_ml.infer.missing import find_missing_tokens, remove_missing
from emr_ml.infer.parquet_sample import sample_parquet
from emr_ml.infer.values import MAYBE_MISSING, find_decimal_mark, is_number
from emr_ml.sources.listing import SourceError
from emr_ml.wording import join_first, quote_names

EXAMPLES = 3  # of rejected values
MIN_LEAK_ROWS = 10  # with fewer, a column may match the label by chance


@dataclass(frozen=True)
class FileProfile:
    """What a contract is written from.

    Args:
        format: as in the contract.
        csv: how a CSV file is written; None for other formats.
        missing: how often each token for a missing value occurs.
        columns: all named columns but the label.
        id: the column that identifies a row, or None.
        rejected_share: share of the sampled rows that the contract would reject.
        rejections: how many rows each reason rejects, most first; a row may have several.
    """

    file: DataFile
    format: str
    csv: CsvSample | None
    sample: Sample
    decimal: str
    missing: Counter[str]
    columns: Mapping[str, ColumnProfile]
    label: LabelGuess | None
    id: str | None
    rejected_share: float
    rejections: Mapping[str, int]


def profile_file(file: DataFile, requested_label: str | None) -> FileProfile:
    """Sample a file and profile its columns.

    Raises:
        SourceError: the file or the requested label can't be used.
    """
    csv = None
    if file.is_parquet:
        file_format, sample = "parquet", sample_parquet(file)
    elif is_json_lines(file):
        file_format, sample = "jsonl", sample_json_lines(file)
    else:
        csv = sample_csv(file)
        file_format, sample = "csv", csv.sample
    _check_names(sample, file)
    names = [name for name in sample.names if name]
    all_counts = {name: Counter(sample.column(name)) for name in names}
    decimal = find_decimal_mark(all_counts.values(), csv.dialect.delimiter) if csv else "."
    missing = find_missing_tokens(all_counts, decimal)
    counts = {name: remove_missing(all_counts[name], missing) for name in names}
    has_header = csv.header.found if csv else True
    blanks = {name: blank_class(counts[name], all_counts[name][""], missing) for name in names}
    ticked = {
        name: Counter({**counts[name], blank: all_counts[name][""]})
        for name, blank in blanks.items()
        if blank and is_tick(counts[name])
    }
    chosen = choose_label(names, {**counts, **ticked}, requested_label, has_header=has_header)
    label = None
    if chosen:
        name = chosen[0]
        _keep_classes(missing, all_counts[name], decimal)
        counts = {name: remove_missing(all_counts[name], missing) for name in names}
        if blank := blank_class(counts[name], all_counts[name][""], missing):
            label = guess_with_blanks(*chosen, counts[name], blank, all_counts[name][""])
        else:
            label = guess_problem(*chosen, counts[name], decimal)
    columns = {
        name: _profile_column(name, sample, counts[name], decimal, label)
        for name in names
        if not label or name != label.column
    }
    columns = _with_one_included(columns, file, label)
    unusable = csv.unusable_records if csv else {}
    rejected_share, rejections = _rejections(sample, columns, label, missing, unusable)
    keys = [name for name, column in columns.items() if column.is_key and not is_reserved(name)]
    return FileProfile(
        file=file,
        format=file_format,
        csv=csv,
        sample=sample,
        decimal=decimal,
        missing=missing,
        columns=columns,
        label=label,
        id=keys[0] if keys else None,
        rejected_share=rejected_share,
        rejections=rejections,
    )


def _check_names(sample: Sample, file: DataFile) -> None:
    repeated = [name for name, count in Counter(sample.names).items() if name and count > 1]
    if repeated:
        raise SourceError(
            f"the header of {file.address} has {quote_names(repeated)} more than once: give each "
            "column a unique name"
        )
    if not any(sample.names):
        raise SourceError(f"the header of {file.address} has only empty names: name the columns")


def _keep_classes(missing: Counter[str], label: Counter[str], decimal: str) -> None:
    """Remove words such as `None` from the missing tokens if the label's values are words."""
    present = [value for value in label if value not in missing]
    for token in MAYBE_MISSING:
        if token in label and not all(is_number(value, decimal) for value in present):
            del missing[token]


def _profile_column(
    name: str, sample: Sample, counts: Counter[str], decimal: str, label: LabelGuess | None
) -> ColumnProfile:
    if name in sample.unusable:
        return ColumnProfile("categorical").exclude(sample.unusable[name], is_useless=True)
    column = sample.column(name)
    present = [value for value in column if value in counts]
    profile = profile_column(ColumnValues(name, present, counts, len(column), decimal))
    if label and not profile.exclusion and _matches_label(column, sample.column(label.column)):
        return profile.exclude(
            f"matches the label '{label.column}' one to one, so it would leak it", is_useless=True
        )
    return profile


def _matches_label(column: Sequence[str], label: Sequence[str]) -> bool:
    """Return whether each value goes with one label, and each label with one value."""
    if len(label) < MIN_LEAK_ROWS:
        return False
    labels = len(set(label))
    if len(set(column)) != labels or labels < 2:
        return False
    if labels > len(label) / 2:
        # nearly unique labels go with nearly unique values: only equal ones leak them
        return column == label
    return len(set(zip(column, label, strict=True))) == labels


def _with_one_included(
    columns: Mapping[str, ColumnProfile], file: DataFile, label: LabelGuess | None
) -> dict[str, ColumnProfile]:
    """Return the columns, and include the first usable one if all are excluded.

    Raises:
        SourceError: no column is usable.
    """
    if any(not column.exclusion for column in columns.values()):
        return dict(columns)
    for name, column in columns.items():
        if column.note and not column.is_useless and not is_reserved(name):
            note = f"{column.note}; included only for lack of a better column: {column.exclusion}"
            included = replace(column, note=note, exclusion=None, is_key=False)
            return {**columns, name: included}
    besides = f" besides the label '{label.column}'" if label else ""
    reasons = [f"'{name}': {column.exclusion}" for name, column in columns.items()]
    listed = join_first(reasons, separator="; ") or "there is no other"
    raise SourceError(f"no column of {file.address}{besides} can be learned from: {listed}")


def _rejections(
    sample: Sample,
    columns: Mapping[str, ColumnProfile],
    label: LabelGuess | None,
    missing: Counter[str],
    unusable_records: Mapping[str, int],
) -> tuple[float, Mapping[str, int]]:
    """Return the share of records that the contract rejects, and how many each reason does."""
    rejected_values = {
        name: column.rejected_values for name, column in columns.items() if not column.exclusion
    }
    if label:
        absent = missing.keys() - ({""} if "blank" in label.rules else set())
        rejected_values[label.column] = label.rejected_values | absent
    rejected_rows: set[int] = set()
    reasons = Counter(unusable_records)
    for name, values in rejected_values.items():
        column = sample.column(name) if values else ()
        found = {index: value for index, value in enumerate(column) if value in values}
        if found:
            rejected_rows.update(found)
            examples = [*dict.fromkeys(found.values())]
            what = (
                "no value" if set(examples) <= missing.keys() else quoted_list(examples, EXAMPLES)
            )
            reasons[f"{what} in the column '{name}'"] += len(found)
    unusable = sum(unusable_records.values())
    share = (len(rejected_rows) + unusable) / (sample.rows + unusable)
    return share, dict(reasons.most_common())
