"""Dates and times as Spark parses them, against the moments that they were written from."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from emr_ml.contract.columns import Column
from emr_ml.contract.time_pattern import pattern_problem
from emr_ml.infer.time_pattern import guess_time_pattern
from emr_ml.infer.time_tables import CTIME, DATES, OFFSET, OFFSETS, TIMES
from spark_jobs.cleaning.times import parse_datetime
from spark_jobs.month_names import NAMES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MOMENT = datetime(2024, 2, 29, 14, 5, 9, tzinfo=UTC)
OTHERS = [datetime(2023, month, 13 + month, month + 8, 7, 8, tzinfo=UTC) for month in range(1, 13)]
WRITTEN = {
    "d": "{0:%-d}",
    "M": "{0:%-m}",
    "MM": "{0:%m}",
    "dd": "{0:%d}",
    "MMM": "{0:%b}",
    "MMMM": "{0:%B}",
    "yyyy": "{0:%Y}",
    "yy": "{0:%y}",
    "H": "{0:%-H}",
    "HH": "{0:%H}",
    "h": "{0:%-I}",
    "mm": "{0:%M}",
    "ss": "{0:%S}",
    "a": "{0:%p}",
    "EEE": "{0:%a}",
    "SSSSSSSSS": "000",
    "X": "+00",
    "XX": "+0000",
    OFFSET: "+00:00",
    "z": "UTC",
    "VV": "UTC+00:00",
    "O": "GMT+0",
}


def write(pattern: str, moment: datetime) -> str:
    """Write a moment by a pattern, as Java would."""
    found = re.finditer(r"'(?P<text>[^']*)'|(?P<letters>([A-Za-z])\3*)|.", pattern)
    return "".join(
        WRITTEN[each["letters"]].format(moment)
        if each["letters"]
        else (each[0] if each["text"] is None else each["text"])
        for each in found
    )


def rules(pattern: str | None, **others: Any) -> Any:
    return Column(kind="datetime", format=pattern, **others).model_dump(mode="json")


def read(
    spark: "SparkSession", texts: Sequence[Sequence[str]], columns: Sequence[Any]
) -> list[tuple[str | None, ...]]:
    """Read each list of texts by the rules of its column; all lists have one length."""
    names = [f"c{index}" for index in range(len(texts))]
    frame = spark.createDataFrame(
        [*zip(*texts, strict=True)], ", ".join(f"{n} string" for n in names)
    )
    found = frame.select(
        *(
            parse_datetime(F.col(name), column).cast("string").alias(name)
            for name, column in zip(names, columns, strict=True)
        )
    )
    return [*zip(*(tuple(row) for row in found.collect()), strict=True)]


def test_what_is_guessed_for_a_pattern_s_texts_reads_their_moments(spark: "SparkSession") -> None:
    patterns = [date for date, _ in (*DATES, *CTIME)]
    patterns += [f"d.M.yyyy {time}" for time, _ in TIMES if time != "h a"]
    patterns += [f"EEE, {date}" for date in ("d MMM yyyy", "MMMM d, yyyy", "d/M/yyyy")]
    patterns += [f"yyyy/M/d'T'H:mm:ss{offset}" for offset, _ in OFFSETS]
    patterns += [
        "yyyy-MM-dd",
        "yyyy-MM-dd HH:mm:ss",
        "yyyy-MM-dd HH:mm:ssX",
        "yyyy-MM-dd HH:mm:ss X",
    ]
    texts = [[write(pattern, each) for each in (MOMENT, *OTHERS)] for pattern in patterns]
    columns: list[Any] = []
    for pattern, written in zip(patterns, texts, strict=True):
        guess = guess_time_pattern(written, day_first=pattern.startswith("d"))
        assert guess is not None, pattern
        assert not guess.rejected, pattern
        columns.append(rules(guess.pattern, language=guess.language, first_year=guess.first_year))

    found = read(spark, texts, columns)

    for pattern, times in zip(patterns, found, strict=True):
        expected = [f"{_known(pattern, each):%Y-%m-%d %H:%M:%S}" for each in (MOMENT, *OTHERS)]
        assert [each and each.partition(".")[0] for each in times] == expected, pattern


def _known(pattern: str, moment: datetime) -> datetime:
    """Return the moment without what the pattern does not tell."""
    lacking: dict[str, int] = {}
    lacking |= {} if "d" in pattern.replace("'de'", "") else {"day": 1}
    lacking |= {} if re.search("[Hh]", pattern) else {"hour": 0, "minute": 0}
    lacking |= {} if "s" in pattern else {"second": 0}
    return moment.replace(**lacking)  # pyright: ignore[reportArgumentType] - no other keys


def test_months_are_read_in_every_language_in_full_abbreviated_and_in_capitals(
    spark: "SparkSession",
) -> None:
    texts = [
        [
            text
            for name in (each.split("|")[0] for each in names.split(" "))
            for text in (f"1 {name} 2024", f"1er {name.upper()} 2024", f"1 {name[:4]}. 2024")
        ]
        for names in NAMES.values()
    ]

    found = read(spark, texts, [rules("d MMMM yyyy", language=each) for each in NAMES])

    months = [f"2024-{month:02}-01 00:00:00" for month in range(1, 13) for _ in range(3)]
    wrong = [
        text
        for written, times in zip(texts, found, strict=True)
        for text, time, month in zip(written, times, months, strict=True)
        if time != month
    ]
    # the first letters of two months; and capitals of three characters for one letter
    assert wrong == ["1 červ. 2024", "1 červ. 2024", f"1er {'μαΐου'.upper()} 2024"]


CASES: list[tuple[str, str | None, dict[str, Any], str | None]] = [
    ("5. März 2024", "d. MMMM yyyy", {"language": "de"}, "2024-03-05 00:00:00"),
    ("5.Mrz.24", "d.MMM.yy", {"language": "de"}, "2024-03-05 00:00:00"),
    (
        "12 de janeiro de 2024",
        "d 'de' MMMM 'de' yyyy",
        {"language": "pt"},
        "2024-01-12 00:00:00",
    ),
    ("jeudi 1er févr. 2024", "EEE d MMM yyyy", {"language": "fr"}, "2024-02-01 00:00:00"),
    ("mar. 5 janv. 2027", "EEE d MMM yyyy", {"language": "fr"}, "2027-01-05 00:00:00"),
    ("segunda-feira, 5 jan. 26", "EEE, d MMM yy", {"language": "pt"}, "2026-01-05 00:00:00"),
    ("3 NİSAN 2024", "d MMM yyyy", {"language": "tr"}, "2024-04-03 00:00:00"),
    ("March 5th, 2024", "MMMM d, yyyy", {"language": "en"}, "2024-03-05 00:00:00"),
    ("5 foo 2024", "d MMM yyyy", {"language": "en"}, None),
    ("1/2/24 1:05 p.m.", "M/d/yy h:mm a", {}, "2024-01-02 13:05:00"),
    ("1/2/24 1:05 a. m.", "M/d/yy h:mm a", {}, "2024-01-02 01:05:00"),
    ("1/2/24 12:05\u202fAM", "M/d/yy h:mma", {}, "2024-01-02 00:05:00"),
    ("1/2/24 1:05 xm", "M/d/yy h:mm a", {}, None),
    ("31/1/2024", "d/M/yyyy[ H:mm[:ss]]", {}, "2024-01-31 00:00:00"),
    ("31/1/2024 13:05", "d/M/yyyy[ H:mm[:ss]]", {}, "2024-01-31 13:05:00"),
    ("31/1/2024 13:05:09", "d/M/yyyy[ H:mm[:ss]]", {}, "2024-01-31 13:05:09"),
    ("31/1/2024 13", "d/M/yyyy[ H:mm[:ss]]", {}, None),
    ("1/2/69", "M/d/yy", {}, "1969-01-02 00:00:00"),
    ("1/2/68", "M/d/yy", {}, "2068-01-02 00:00:00"),
    ("1/2/27", "M/d/yy", {"first_year": 1927}, "1927-01-02 00:00:00"),
    ("1/2/26", "M/d/yy", {"first_year": 1927}, "2026-01-02 00:00:00"),
    ("29/2/00", "d/M/yy", {"first_year": 1901}, "2000-02-29 00:00:00"),
    ("29/2/04", "d/M/yy", {"first_year": 1901}, "1904-02-29 00:00:00"),
    ("2024-01-31 13:05:00+00", None, {}, "2024-01-31 13:05:00"),
    ("2024-01-31 13:05:00.5+02", None, {}, "2024-01-31 11:05:00.5"),
    ("2024-01-31 13:05:00-03", None, {"zone": "Asia/Tokyo"}, "2024-02-01 01:05:00"),
    ("2024-07-01T12:00:00+02:00", None, {"zone": "Asia/Tokyo"}, "2024-07-01 19:00:00"),
    ("2024-07-01T12:00:00Z", None, {"zone": "Asia/Tokyo"}, "2024-07-01 21:00:00"),
    ("2024-07-01 12:00:00", None, {"zone": "Asia/Tokyo"}, "2024-07-01 12:00:00"),
    ("1/7/2024 12:00 +02", "d/M/yyyy H:mm X", {"zone": "Asia/Tokyo"}, "2024-07-01 19:00:00"),
    ("1/7/2024 12:00", "d/M/yyyy H:mm", {"zone": "Asia/Tokyo"}, "2024-07-01 12:00:00"),
    ("30/30/2024", "d/M/yyyy", {}, None),
    ("31/1/2024 13:05 GMT-10", "d/M/yyyy H:mm O", {}, "2024-01-31 23:05:00"),
    ("31/1/2024 13:05 UTC+01:00", "d/M/yyyy H:mm VV", {}, "2024-01-31 12:05:00"),
    ("Mon Jan  5 13:05:09 2026", "EEE MMM d H:mm:ss yyyy", {}, "2026-01-05 13:05:09"),
]


def test_a_text_is_read_by_the_rules_of_its_column(spark: "SparkSession") -> None:
    found = read(
        spark,
        [[text] for text, _, _, _ in CASES],
        [rules(pattern, **others) for _, pattern, others, _ in CASES],
    )

    assert [(case[0], time) for case, (time,) in zip(CASES, found, strict=True)] == [
        (text, expected) for text, _, _, expected in CASES
    ]


def test_spark_refuses_the_patterns_that_a_contract_refuses(spark: "SparkSession") -> None:
    refused = ["DDDD", "V", "OO", "aa", "MMMMM", "d]", "#", "E"]
    patterns = [*refused, "DDD", "VV", "OOOO", "MMMM", "[d"]

    def reads(pattern: str) -> bool:
        column = F.try_to_timestamp(F.lit("1"), F.lit(pattern)).isNull()
        try:
            spark.range(1).select(column).collect()
        except PySparkException:
            return False
        return True

    assert [each for each in patterns if reads(each) is (pattern_problem(each) is not None)] == []
