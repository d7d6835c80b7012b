# ruff: noqa: RUF001 - characters that look like others are meant
"""Columns of each kind, rows to train on, and rows as hypothesis makes them up."""

import random
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from emr_ml.contract import Contract
from emr_ml.contract.loading import parse_contract

COLUMNS = """\
  number: {kind: numeric, min: -1.0e+12, max: 1.0e+12}
  plain: {kind: numeric, required: true}
  price:
    kind: numeric
    format: {thousands: ",", unit: $, accounting: true, multiples: {k: 1000, Mio: 1000000}}
  euros: {kind: numeric, format: {decimal: ",", thousands: ".", unit: €}}
  share: {kind: numeric, format: {fractions: true, limits: true}}
  duration: {kind: numeric, format: {duration: units}}
  clock: {kind: numeric, format: {duration: "h:mm"}}
  moment: datetime
  local: {kind: datetime, zone: Europe/Berlin, parts: [elapsed, hour]}
  day: {kind: datetime, format: "d. MMM yyyy", language: de, parts: [month]}
  half: {kind: datetime, format: "M/d/yy h:mm a", first_year: 1950, parts: [elapsed, hour]}
  # Spark's letters for an offset such as +09:00 are three X
  offset: {kind: datetime, format: "yyyy-MM-dd'T'HH:mm[:ss][.SSS]XXX", zone: Asia/Tokyo}
  compact: {kind: datetime, format: yyyyMMddHHmm, parts: [elapsed, weekday]}
  colour: categorical
  code: {kind: categorical, hashed: 16}
  size: {kind: categorical, allowed: [s, m, l, i], fold_case: true}
  zip: {kind: categorical, pattern: '\\d{3}.?'}
  note: text
  title: {kind: text, pattern: '(?s).{0,40}'}
"""
LABELS = """\
  kind: categorical
  grade: categorical
  amount: numeric
"""
WORDS = (
    *("the", "It's", "good", "bad", "ugly", "sun", "rain", "x2", "don't", "great!"),
    *("İstanbul", "ΟΔΟΣ", "naïve", "½", "漢字"),
)
MONTHS = ("Jan.", "Februar", "März", "Apr", "Mai", "Juni", "Jul.", "Okt.", "Dezember", "dez")
# a capital sigma where Java and Python disagree on its lower case, and where they do not
SIGMAS = ("σ.’Σ?", "σ´Σ’", "a/´Σ>!σ/ς", "ΟΔΟΣ", "σΣ")
Row = dict[str, str]


def contract(columns: str = COLUMNS, label: str = "") -> Contract:
    split = "split: {train: 60, validation: 20}\n"
    return parse_contract(f"columns:\n{columns}id: [row]\n{split}{label}", "made up")


def training_rows(count: int = 300) -> list[Row]:
    """Rows that fit the contract, with labels that depend on them."""
    chance = random.Random(7)

    def pick(*values: str) -> str:
        return chance.choice(values)

    return [_training_row(chance, pick, number) for number in range(count)]


def _training_row(chance: random.Random, pick: Callable[..., str], number: int) -> Row:
    size, colour = chance.gauss(0, 3), pick("red", "green", "blue", "NA", "")
    day, hour, year = chance.randint(1, 28), chance.randint(0, 23), chance.randint(1990, 2024)
    minute, month = chance.randint(0, 59), chance.randint(1, 12)
    words = " ".join(chance.choices(WORDS, k=chance.randint(0, 8)))
    score = size + 2 * (colour == "red") + 2 * ("good" in words)
    return {
        "row": str(number),
        "number": pick(f"{size:.3f}", f"{size:.2e}", ""),
        "plain": f"{score + chance.gauss(0, 1):.3f}",
        "price": pick(f"${chance.randint(0, 99999):,}", f"({day})", "1.5k", "2 mio"),
        "euros": f"{chance.randint(0, 999)}.{minute:03},5 €",
        "share": pick(f"{day}/8", f"1 {day}/4", f"<{day}", f"{size:.1f}"),
        "duration": f"{hour}h {minute}m",
        "clock": f"{hour}:{minute:02}:30",
        "moment": f"{year}-{month:02}-{day:02} {hour:02}:{minute:02}:00",
        "local": f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z",
        "day": f"{day}. {pick(*MONTHS)} {year}",
        "half": f"{month}/{day}/{year % 100:02} {hour % 12 + 1}:{minute:02} {pick('am', 'p.m.')}",
        "offset": f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00{pick('Z', '+02:00')}",
        "compact": f"{year}{month:02}{day:02}{hour:02}{minute:02}",
        "colour": colour,
        "code": f"c{chance.randint(0, 40)}",
        "size": pick("S", "m", "L"),
        "zip": f"{chance.randint(100, 999)}x",
        "note": f"<p class='x'>{words}</p> a < b",
        "title": pick("", words[:20]),
        "kind": "yes" if score > 1 else "no",
        "grade": "a" if score > 3 else "b" if score > 0 else "c",
        "amount": f"{3 * score + 100:.2f}",
    }


# hypothesis

DIGITS = st.integers(0, 10**6).map(str)
NUMBERS = (
    st.floats(allow_nan=False).map(repr)
    | st.decimals(-(10**6), 10**6, places=3).map(str)
    | st.integers(-(10**20), 10**20).map(str)
    | st.sampled_from(["", " ", "NA", "?", "nan", "inf", "1d", "0x10", "1e999", "-0.0", ".5", "5.",
                       "+1", "1_000", "١", "1 2", " 7 ", "1,5", "1e-400", "--1", "1e5f", "null",
                       "1d\t", "1F\n", "\t1", "1\x01"])
)  # fmt: skip
FORMATTED = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "-", "+", "(", "$", "-$", "$ ", "< ", "≤", "−", "€"]),
        st.sampled_from(["1", "12", "1,234", "1.234", "1,23", "12,34,567", "1 1/2", "3/4", "1/0",
                         "0", "1.5", "1,5", "1.234,5", "1,234.5"]),
        st.sampled_from(["", ")", "-", "$", " €", "k", "K", " Mio", "mio.", ",-", ".--", " %"]),
    ),
)  # fmt: skip
DURATIONS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "-", "+", "P", "1 day, ", "2 days "]),
        st.sampled_from(["1:30", "0:05:09.5", "90:00", "1h", "2h 30m", "3 min", "PT1H", "1,5h",
                         "T2H30M", "1w 2d", "90 seconds", "1.5 Stunden", "1:60", ""]),
    ),
)  # fmt: skip
YEARS = st.integers(0, 999_999).map(lambda year: f"{year:04}") | st.integers(1900, 2100).map(str)
MOMENTS = st.builds(
    "{}-{}-{}{}{}{}".format,
    YEARS,
    st.integers(0, 13),
    st.integers(0, 32).map("{:02}".format),
    st.sampled_from([" ", "T", "", "t"]),
    st.sampled_from(["", "5", "05:06", "05:06:07", "5:6:7.8", "23:59:59.123456789", "24:00"]),
    st.sampled_from(["", "Z", "z", "+02:00", "-0530", "+5", " UTC", "UTC+1", "+18:00", "+19:00"]),
)
SHORT_MOMENTS = st.sampled_from(
    [
        "2024",
        "2024-2",
        "24-01-01",
        "2024-02-30",
        "2024-02-29",
        " 2024-01-05 ",
        "-0044-03-15",
        "T",
        "now",
    ]
)
PATTERNED = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["1", "05", "31", "30", "0", "12", "2"]),
        st.sampled_from([". ", "/", "-", " "]),
        st.sampled_from(["Mai", "märz", "MAERZ", "Okt.", "okt", "June", "2", "12", "13", "jan"]),
        st.sampled_from([" ", "/", ". "]),
        st.sampled_from(["2024", "24", "49", "50", "1900", "024", "12024", "+12024"]),
        st.sampled_from(["", " 1:05 pm", " 12:00 AM", " 12:30 p.m.", " 0:10 am", " 13:00 PM",
                         "T05:06Z", " 1:05 PM", " 01:5 pm"]),
    ),
)  # fmt: skip
OFFSETS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(
            ["2024-02-29T05:06", "2023-02-29T05:06", "1999-12-31T23:59", "0001-01-01T00:00"]
        ),
        st.sampled_from(["", ":07", ":07.5", ":07.123", ":07.1234", ".5"]),
        st.sampled_from(["Z", "z", "+02:00", "-11:30", "+0200", "", "+2"]),
    ),
)
COMPACT = st.sampled_from(
    [
        "202402290506",
        "20240229506",
        "202413010000",
        "1202402290506",
        "+1202402290506",
        "202402292460",
    ]
)
CATEGORIES = st.sampled_from(
    ["red", "green", " blue ", "Red", "", "NA", "?", "violet", "\tred", "c7", "c99", "é", "123",
     "123x", "123\n", "12", "S", "İ", "M ", "xl", "n\0l"]
)  # fmt: skip
# letters that are newer than the Unicode of a JVM or a Python are letters only to the other
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0\r", max_codepoint=0x313FF)
TEXTS = (
    st.text(CHARACTERS, max_size=30)
    | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
    | st.lists(
        st.sampled_from([*"ΣσςAa'’´.!?-<>/=\"& \u00ad", "<b>", "<!-- x", "-->",
                         "<a href=\"x\">", "a<b", "</p>"]),
        max_size=12,
    ).map("".join)
)  # fmt: skip
ROW = st.fixed_dictionaries(
    {
        "number": NUMBERS,
        "plain": NUMBERS | st.floats(-10, 10).map(repr),
        "price": FORMATTED | NUMBERS,
        "euros": FORMATTED | NUMBERS,
        "share": FORMATTED | NUMBERS,
        "duration": DURATIONS | NUMBERS,
        "clock": DURATIONS | NUMBERS,
        "moment": MOMENTS | SHORT_MOMENTS,
        "local": MOMENTS | SHORT_MOMENTS,
        "day": PATTERNED,
        "half": PATTERNED,
        "offset": OFFSETS,
        "compact": COMPACT | MOMENTS,
        "colour": CATEGORIES,
        "code": CATEGORIES | TEXTS,
        "size": CATEGORIES,
        "zip": CATEGORIES,
        "note": TEXTS,
        "title": TEXTS,
    }
)


def made_up(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """The same examples each time: one run of Spark takes them all."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def mutants(count: int) -> list[Row]:
    """Rows of training in which one to three values are of hypothesis's making, or have a sigma."""
    good = training_rows(count)
    chance = random.Random(3)
    changed: list[Row] = []
    for row, example in zip(good, made_up(ROW, count), strict=False):
        names = chance.sample([*example], chance.randint(1, 3))
        changed.append(
            {**row, **{name: example[name] for name in names}, "row": f"m{len(changed)}"}
        )
    sigmas = ({**row, "note": text} for row, text in zip(good, SIGMAS, strict=False))
    return [*changed, *({**row, "row": f"s{index}"} for index, row in enumerate(sigmas))]
