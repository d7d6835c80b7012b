"""Which encoding bytes are of, and how sure that is."""

# ruff: noqa: RUF001 - Cyrillic letters are what is tested

import codecs

import pytest

from emr_ml.contract import Dialect
from emr_ml.infer.encoding import check_text, guessed_names, marked_encoding, unmarked_encoding
from emr_ml.sources.listing import SourceError

TEXTS = {
    "windows-1252": "Prénom,âge\nÉloïse,déjà vu\nGröße,Straße 5€\n",
    "ibm850": "Prénom,âge\nÉloïse,déjà vu\nFrançois,été\n",
    "windows-1251": "Имя,Город\nИван Петров,Москва\nАнна,Санкт-Петербург\n",
    "koi8-r": "Имя,Город\nИван Петров,Москва\nАнна,Санкт-Петербург\n",
    "gb18030": "姓名,城市\n张三,北京市朝阳区\n李四,上海的天气很好\n",
    "big5": "姓名,城市\n張三,臺北市的天氣很好\n這個產品,質量不錯\n",
    "shift_jis": "名前,都市\n田中さん,東京都で買い物をしました\n",
    "euc-jp": "名前,都市\n田中さん,東京都で買い物をしました\n",
    "euc-kr": "이름,도시\n홍길동,서울특별시에서 만났습니다\n",
}


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ],
)
def test_a_byte_order_mark_tells_the_encoding(mark: bytes, name: str) -> None:
    marked = marked_encoding(mark + b"a,b")
    assert marked and marked.name == name


@pytest.mark.parametrize("name", ["utf-16le", "utf-16be"])
def test_zeros_in_between_tell_utf_16_without_a_mark(name: str) -> None:
    marked = marked_encoding("größe,größe\n1,2\n".encode(name))
    assert marked and marked.name == name


def test_plain_bytes_are_not_marked() -> None:
    assert marked_encoding(b"a,b\n1,2\n") is None


def test_valid_utf_8_is_utf_8_even_where_a_chunk_cuts_a_character() -> None:
    data = "größe,名前\n".encode() * 10
    assert unmarked_encoding(data[i : i + 3] for i in range(0, len(data), 3)).name == "utf-8"


def test_a_start_that_ends_within_a_character_says_nothing_of_places_further_on() -> None:
    data = "größe,名前\n".encode()
    assert unmarked_encoding([data[:3]], [data]).name == "utf-8"


@pytest.mark.parametrize("name", TEXTS)
def test_the_letters_tell_the_encoding(name: str) -> None:
    assert unmarked_encoding([TEXTS[name].encode(name)]).name == name


def test_one_byte_late_in_a_file_tells_that_it_is_not_utf_8() -> None:
    chunks = [b"a,b\n1,2\n" * 1000, "São Paulo,1\n".encode("latin-1"), b"a,b\n"]
    found = unmarked_encoding(chunks)
    assert found.name == "windows-1252" and "0xe3" in found.reason


def test_letters_that_make_no_sense_are_said_to_be_unsafe() -> None:
    found = unmarked_encoding([bytes(range(0xA1, 0xFF)) * 3])
    assert "NOT SAFE" in found.reason


def test_contracts_know_every_encoding_that_is_guessed() -> None:
    for name in guessed_names():
        assert Dialect.model_validate({"encoding": name}).encoding


def test_control_characters_are_no_text() -> None:
    with pytest.raises(SourceError, match=r"junk\.bin is no text"):
        check_text(bytes(range(32)) * 10, "junk.bin")
