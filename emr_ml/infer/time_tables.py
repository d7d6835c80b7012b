"""What dates and times are made of: the parts of Spark's patterns, and the texts that they match.

The names of months are the short English ones; `time_pattern` replaces others before.
"""

import re

YEAR, SHORT_YEAR = r"(?P<year>\d{4})", r"(?P<short_year>\d{2})"
MONTH, DAY = r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
SHORT_NAME = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
LONG_NAME = (
    r"(?P<name>january|february|march|april|may|june|july|august|september|october|november"
    r"|december)"
)
WEEKDAY = r"[^\W\d_]+"
DATES = (
    ("d/M/yyyy", f"{DAY}/{MONTH}/{YEAR}"),
    ("M/d/yyyy", f"{MONTH}/{DAY}/{YEAR}"),
    ("d.M.yyyy", rf"{DAY}\.{MONTH}\.{YEAR}"),
    ("d-M-yyyy", f"{DAY}-{MONTH}-{YEAR}"),
    ("M-d-yyyy", f"{MONTH}-{DAY}-{YEAR}"),
    ("yyyy/M/d", f"{YEAR}/{MONTH}/{DAY}"),
    ("yyyy.M.d", rf"{YEAR}\.{MONTH}\.{DAY}"),
    ("yyyy-M-d", f"{YEAR}-{MONTH}-{DAY}"),
    ("yyyy. M. d.", rf"{YEAR}\. {MONTH}\. {DAY}\."),
    ("d. M. yyyy", rf"{DAY}\. {MONTH}\. {YEAR}"),
    ("yyyyMMdd", rf"{YEAR}(?P<month>\d\d)(?P<day>\d\d)"),
    ("yyyy年M月d日", f"{YEAR}年{MONTH}月{DAY}日"),
    ("yyyy년 M월 d일", f"{YEAR}년 {MONTH}월 {DAY}일"),
    ("d/M/yy", f"{DAY}/{MONTH}/{SHORT_YEAR}"),
    ("M/d/yy", f"{MONTH}/{DAY}/{SHORT_YEAR}"),
    ("d.M.yy", rf"{DAY}\.{MONTH}\.{SHORT_YEAR}"),
    ("d-M-yy", f"{DAY}-{MONTH}-{SHORT_YEAR}"),
    ("M-d-yy", f"{MONTH}-{DAY}-{SHORT_YEAR}"),
    ("d MMM yyyy", f"{DAY} {SHORT_NAME} {YEAR}"),
    ("d. MMM yyyy", rf"{DAY}\. {SHORT_NAME} {YEAR}"),
    ("d.MMM.yyyy", rf"{DAY}\.{SHORT_NAME}\.{YEAR}"),
    ("d-MMM-yyyy", f"{DAY}-{SHORT_NAME}-{YEAR}"),
    ("d/MMM/yyyy", f"{DAY}/{SHORT_NAME}/{YEAR}"),
    ("dMMMyyyy", f"{DAY}{SHORT_NAME}{YEAR}"),
    ("d MMM, yyyy", f"{DAY} {SHORT_NAME}, {YEAR}"),
    ("d 'de' MMM 'de' yyyy", f"{DAY} de {SHORT_NAME} de {YEAR}"),
    ("d 'de' MMM, yyyy", f"{DAY} de {SHORT_NAME}, {YEAR}"),
    ("d MMM yyyy 'r.'", rf"{DAY} {SHORT_NAME} {YEAR} r\."),
    ("d MMM yyyy 'г.'", rf"{DAY} {SHORT_NAME} {YEAR} г\."),  # noqa: RUF001 - Cyrillic
    ("yyyy. MMM d.", rf"{YEAR}\. {SHORT_NAME} {DAY}\."),
    ("yyyy-MMM-d", f"{YEAR}-{SHORT_NAME}-{DAY}"),
    ("d. MMM yy", rf"{DAY}\. {SHORT_NAME} {SHORT_YEAR}"),
    ("MMM d, yy", f"{SHORT_NAME} {DAY}, {SHORT_YEAR}"),
    ("d-MMM-yy", f"{DAY}-{SHORT_NAME}-{SHORT_YEAR}"),
    ("d/MMM/yy", f"{DAY}/{SHORT_NAME}/{SHORT_YEAR}"),
    ("d.MMM.yy", rf"{DAY}\.{SHORT_NAME}\.{SHORT_YEAR}"),
    ("d MMM yy", f"{DAY} {SHORT_NAME} {SHORT_YEAR}"),
    ("MMM d, yyyy", f"{SHORT_NAME} {DAY}, {YEAR}"),
    ("MMM d yyyy", f"{SHORT_NAME} {DAY} {YEAR}"),
    ("d MMMM yyyy", f"{DAY} {LONG_NAME} {YEAR}"),
    ("MMMM d, yyyy", f"{LONG_NAME} {DAY}, {YEAR}"),
    ("yyyy-M", f"{YEAR}-{MONTH}"),
    ("yyyy/M", f"{YEAR}/{MONTH}"),
    ("M/yyyy", f"{MONTH}/{YEAR}"),
    ("MM/yy", rf"(?P<month>\d\d)/{SHORT_YEAR}"),
    ("M-yyyy", f"{MONTH}-{YEAR}"),
    ("MMM yyyy", f"{SHORT_NAME} {YEAR}"),
    ("MMMM yyyy", f"{LONG_NAME} {YEAR}"),
    ("MMM-yyyy", f"{SHORT_NAME}-{YEAR}"),
    ("MMM-yy", f"{SHORT_NAME}-{SHORT_YEAR}"),
    ("MMM/yy", f"{SHORT_NAME}/{SHORT_YEAR}"),
    ("MMM yy", f"{SHORT_NAME} {SHORT_YEAR}"),
)
# the same texts with day and month the other way round
_DAY_FIRST = {
    "d/M/yyyy": "M/d/yyyy",
    "d-M-yyyy": "M-d-yyyy",
    "d/M/yy": "M/d/yy",
    "d-M-yy": "M-d-yy",
}
SWAPPED = {**_DAY_FIRST, **{month: day for day, month in _DAY_FIRST.items()}}
CLOCK, CLOCK_12 = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)", r"(?P<hour12>\d{1,2}):(?P<minute>\d\d)"
SECOND, HALF = r":(?P<second>\d\d)", r"(?P<half>[ap]m)"
TIMES = (
    ("H:mm", CLOCK),
    ("H:mm:ss", f"{CLOCK}{SECOND}"),
    ("H:mm:ss.SSSSSSSSS", rf"{CLOCK}{SECOND}\.\d{{1,9}}"),
    ("H:mm:ss,SSSSSSSSS", rf"{CLOCK}{SECOND},\d{{1,9}}"),
    ("h:mm a", f"{CLOCK_12} {HALF}"),
    ("h:mm:ss a", f"{CLOCK_12}{SECOND} {HALF}"),
    ("h.mm.ss a", rf"(?P<hour12>\d{{1,2}})\.(?P<minute>\d\d)\.(?P<second>\d\d) {HALF}"),
    (
        "h.mm.ss.SSSSSSSSS a",
        rf"(?P<hour12>\d{{1,2}})\.(?P<minute>\d\d)\.(?P<second>\d\d)\.\d{{1,9}} {HALF}",
    ),
    ("h a", rf"(?P<hour12>\d{{1,2}}) {HALF}"),
    ("H.mm", r"(?P<hour>\d{1,2})\.(?P<minute>\d\d)"),
    ("H.mm.ss", r"(?P<hour>\d{1,2})\.(?P<minute>\d\d)\.(?P<second>\d\d)"),
    ("H'h'mm", r"(?P<hour>\d{1,2})h(?P<minute>\d\d)"),
    ("HHmm", r"(?P<hour>\d\d)(?P<minute>\d\d)"),
    ("HHmmss", r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"),
)
# shorter and longer forms of the same times, in one pattern
OPTIONAL_SECONDS = {
    frozenset({"H:mm", "H:mm:ss"}): "H:mm[:ss]",
    frozenset({"H:mm:ss", "H:mm:ss.SSSSSSSSS"}): "H:mm:ss[.SSSSSSSSS]",
    frozenset({"H:mm", "H:mm:ss.SSSSSSSSS"}): "H:mm[:ss[.SSSSSSSSS]]",
    frozenset({"H:mm", "H:mm:ss", "H:mm:ss.SSSSSSSSS"}): "H:mm[:ss[.SSSSSSSSS]]",
    frozenset({"h:mm a", "h:mm:ss a"}): "h:mm[:ss] a",
}
GAPS = (
    (" ", " "),
    ("'T'", "T"),
    (", ", ", "),
    (":", ":"),
    (" - ", " - "),
    (" 'kl.' ", " kl. "),
    (" 'um' ", " um "),
    (" 'at' ", " at "),
    (" 'à' ", " à "),
)
# hours and minutes from UTC as in +01:00: of these letters, Java's patterns have three
OFFSET = "X" * 3
OFFSETS = (
    (OFFSET, r"(?:[+-]\d\d:\d\d|Z)"),
    (f" {OFFSET}", r" (?:[+-]\d\d:\d\d|Z)"),
    ("XX", r"[+-]\d{4}"),
    (" XX", r" [+-]\d{4}"),
    ("X", r"[+-]\d\d"),
    (" X", r" [+-]\d\d"),
    ("VV", r"(?:UTC|GMT)[+-]\d\d:\d\d"),
    (" VV", r" (?:UTC|GMT)[+-]\d\d:\d\d"),
    ("O", r"GMT[+-]\d{1,2}"),
    (" O", r" GMT[+-]\d{1,2}"),
    (" z", r" (?:UTC|GMT|EST|EDT|CST|CDT|MST|MDT|PST|PDT|CET|CEST)"),
)
# what stands around all of a time
FRAMES = (("'['", "[", "']'", "]"),)
# a day of the week before a date, in any language: `Mon, `, `Mo., `, `segunda-feira, `
WEEKDAY_BEFORE = re.compile(r"[^\W\d_][^\W\d_-]*[^\W\d_](?:-[^\W\d_]+)?\.?(?P<comma>,?) ")
# the time before the year, as C's `ctime` and others write it
CTIME = (
    (
        "EEE MMM d H:mm:ss XX yyyy",
        rf"{WEEKDAY} {SHORT_NAME} +{DAY} {CLOCK}{SECOND} [+-]\d{{4}} {YEAR}",
    ),
    (
        "EEE MMM d H:mm:ss z yyyy",
        rf"{WEEKDAY} {SHORT_NAME} +{DAY} {CLOCK}{SECOND} [A-Z]{{3,4}} {YEAR}",
    ),
    (
        "EEE MMM d H:mm:ss yyyy XX",
        rf"{WEEKDAY} {SHORT_NAME} +{DAY} {CLOCK}{SECOND} {YEAR} [+-]\d{{4}}",
    ),
    ("EEE MMM d H:mm:ss yyyy", rf"{WEEKDAY} {SHORT_NAME} +{DAY} {CLOCK}{SECOND} {YEAR}"),
)
ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"([T ](?P<hour>\d{1,2}):(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.\d{1,9})?"
    r"( ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?)?)?",
    re.ASCII,
)
MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
COMPILED = {
    parts: [(spark, re.compile(text, re.IGNORECASE)) for spark, text in parts]
    for parts in (DATES, CTIME, TIMES, OFFSETS)
}
# the texts of all parts of a pattern by that part
TEXTS = {"": "", **dict((*DATES, *CTIME, *TIMES, *OFFSETS))}
GAP_TEXTS = {"": "", **dict(GAPS)}
FRAME_TEXTS = {
    ("", ""): ("", ""),
    **{(before, after): (opening, closing) for before, opening, after, closing in FRAMES},
}
