"""Spelling in Python and in Spark."""

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from spark_jobs.spelling import lower_case, lower_case_column

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# letters of all scripts, alone and where they begin and end words
LETTERS = [chr(code) for code in range(1, 0x10000) if chr(code).isalpha()]
WORDS = ["İSTANBUL", "istanbul", "Isparta", "DIŞARI", "ΟΔΟΣ", "ΣΑΣ ΣΑΣ", "STRASSE", "ẞ", "Ǆ"]
# case of these came to Unicode later than to one of the two
NEWER = range(0xA7AE, 0xA7FF)


def test_spark_and_python_agree_on_lower_case(spark: "SparkSession") -> None:
    letters = [each for each in LETTERS if ord(each) not in NEWER]
    texts = [*WORDS, *letters, *(f"A{each}" for each in letters)]
    frame = spark.createDataFrame([(text,) for text in texts], "text string")

    found = [row[0] for row in frame.select(lower_case_column(F.col("text"))).collect()]

    assert [
        (text, theirs, lower_case(text))
        for text, theirs in zip(texts, found, strict=True)
        if theirs != lower_case(text)
    ] == []


def test_a_capital_i_with_a_dot_is_an_i() -> None:
    assert lower_case("İSTANBUL") == lower_case("istanbul") == "istanbul"
