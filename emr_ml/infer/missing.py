"""What stands for no value in a file."""

from collections import Counter
from collections.abc import Iterator, Mapping

from emr_ml.infer.values import ALWAYS_MISSING, MAYBE_MISSING, is_number, words

Values = Mapping[str, Counter[str]]

TEXT_WORDS = 3  # words in a value on average, from which on a column is prose
MOSTLY, NEARLY = 0.5, 0.9
TOKENS = 3  # different ones that a column of numbers may use for no value
LONGEST_TOKEN = 20


def find_missing(values: Values, decimal: str) -> Counter[str]:
    """The tokens that stand for no value, with how often each was seen.

    In a column of numbers a word that comes back is such a token, unless another column holds it,
    too. In other columns only the well-known ones are.

    Args:
        values: how often each value stands in each column.
        decimal: the decimal mark.
    """
    found = Counter({"": 0})
    for name, counts in values.items():
        if is_prose(counts):
            found[""] += counts[""]
            continue
        others = [other for key, other in values.items() if key != name]
        for token in _tokens(counts, decimal, others):
            found[token] += counts[token]
    return found


def without(tokens: Counter[str], counts: Counter[str]) -> Counter[str]:
    """The values that are there."""
    return Counter({value: count for value, count in counts.items() if value not in tokens})


def is_prose(counts: Counter[str]) -> bool:
    """Whether the values are texts: in these, words such as NA are words."""
    seen = [value for value in list(counts)[:1000] if value]
    return words(seen) >= TEXT_WORDS


def _tokens(counts: Counter[str], decimal: str, others: list[Counter[str]]) -> Iterator[str]:
    yield from (token for token in ALWAYS_MISSING if token in counts)
    strange = {
        value: count
        for value, count in counts.items()
        if value not in ALWAYS_MISSING and not is_number(value, decimal)
    }
    total = sum(count for value, count in counts.items() if value not in ALWAYS_MISSING)
    numbers = total - sum(strange.values())
    if not strange or numbers < MOSTLY * total:
        return
    known = [value for value in strange if value in MAYBE_MISSING]
    yield from known
    rest = strange.keys() - known
    plain = all(
        len(value) <= LONGEST_TOKEN
        and not any(char.isdigit() for char in value)
        and strange[value] > 1
        and not any(value in other for other in others)
        for value in rest
    )
    if numbers >= NEARLY * total and len(rest) <= TOKENS and plain:
        yield from sorted(rest)
