"""Numbers to learn from in dates and times: how long ago, and where in the day, week and year."""

from collections.abc import Sequence

from spark_jobs.contract import DatetimePart

DAYS = "unix_micros({0}) / 86400e6"  # since 1970
# sine and cosine, so that the end of a cycle is as near to its beginning as to the time before it
CYCLES = {
    "hour": "pmod(unix_micros({0}) / 3600e6, 24) / 24",
    "weekday": "weekday({0}) / 7",
    "month": "(dayofyear({0}) - 1) / 366",
}
# of each cycle, so that a line fits more than one peak and one low; three tell all weekdays apart
HARMONICS = (1, 2, 3)


def part_names(parts: Sequence[DatetimePart]) -> list[str]:
    """Return the names of the numbers, in their order in the vector."""
    return [name for part in parts for name in ([part] if part == "elapsed" else _wave_names(part))]


def part_expressions(column: str, parts: Sequence[DatetimePart]) -> list[str]:
    """Return the numbers as expressions of SQL, in the order of `part_names`.

    Args:
        column: the quoted name of the column, a timestamp.
        parts: to learn from.
    """
    expressions: list[str] = []
    for part in parts:
        if part == "elapsed":
            expressions.append(DAYS.format(column))
        else:
            for harmonic in HARMONICS:
                angle = f"{2 * harmonic} * pi() * {CYCLES[part].format(column)}"
                expressions += [f"sin({angle})", f"cos({angle})"]
    return expressions


def _wave_names(part: DatetimePart) -> list[str]:
    numbers = ("" if harmonic == 1 else f" {harmonic}" for harmonic in HARMONICS)
    return [f"{part} ({wave}{number})" for number in numbers for wave in ("sine", "cosine")]
