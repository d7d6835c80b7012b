"""The encoding of a file's bytes, and how certain it is."""

# ruff: noqa: RUF001 - Cyrillic letters are what is tested

import codecs

import pytest

from emr_ml.contract import Dialect
from emr_ml.contract.dialect import ENCODINGS
from emr_ml.infer.encoding import check_text, detect_marked, detect_unmarked
from emr_ml.sources.listing import SourceError

TEXTS = {
    "windows-1252": "Prénom,âge\nÉloïse,déjà vu\nGröße,Straße 5€\n",
    "ibm850": "Prénom,âge\nÉloïse,déjà vu\nFrançois,été\n",
    "windows-1250": "Jméno,Město\nJiří Dvořák,Plzeň\nKateřina Novotná,Ústí nad Labem\n",
    "windows-1253": "Όνομα,Πόλη\nΓιώργος Παπαδόπουλος,Αθήνα\nΜαρία,Θεσσαλονίκη\n",
    "windows-1254": "İsim,Şehir\nAyşe Yılmaz,Çanakkale\nGökçe Şahin,Muğla\nİbrahim,Ağrı\n",
    "windows-1255": "שם,עיר\nמשה כהן,ירושלים\nרחל לוי,תל אביב\n",
    "windows-1256": "الاسم,المدينة\nمحمد أحمد,القاهرة\nفاطمة علي,الرياض\n",
    "windows-1257": "Vardas,Miestas\nJonas Žukauskas,Šiauliai\nRūta Šimkutė,Panevėžys\n",
    "windows-1251": "Имя,Город\nИван Петров,Москва\nАнна,Санкт-Петербург\n",
    "koi8-r": "Имя,Город\nИван Петров,Москва\nАнна,Санкт-Петербург\n",
    "gb18030": "姓名,城市\n张三,北京市朝阳区\n李四,上海的天气很好\n",
    "big5": "姓名,城市\n張三,臺北市的天氣很好\n這個產品,質量不錯\n",
    "shift_jis": "名前,都市\n田中さん,東京都で買い物をしました\n",
    "euc-jp": "名前,都市\n田中さん,東京都で買い物をしました\n",
    "euc-kr": "이름,도시\n홍길동,서울특별시에서 만났습니다\n",
}


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (codecs.BOM_UTF8 + b"a,b", "utf-8"),
        (codecs.BOM_UTF16_LE + b"a,b", "utf-16"),
        (codecs.BOM_UTF16_BE + b"a,b", "utf-16"),
        ("größe,größe\n1,2\n".encode("utf-16le"), "utf-16le"),
        ("größe,größe\n1,2\n".encode("utf-16be"), "utf-16be"),
        (b"a,b\n1,2\n", None),
    ],
)
def test_a_mark_or_zero_bytes_show_the_encoding(start: bytes, name: str | None) -> None:
    marked = detect_marked(start)
    assert (marked and marked.name) == name


UTF_8 = "größe,名前\n".encode() * 10


def test_utf_8_is_valid_even_if_chunks_end_within_characters() -> None:
    chunks = (UTF_8[start : start + 3] for start in range(0, len(UTF_8), 3))
    assert detect_unmarked(chunks).name == "utf-8"


def test_a_start_that_ends_within_a_character_does_not_affect_the_windows() -> None:
    assert detect_unmarked([UTF_8[:3]], [UTF_8]).name == "utf-8"


@pytest.mark.parametrize("name", ["windows-1250", "iso-8859-2"])
@pytest.mark.parametrize(
    "text",
    [
        "Łódź,1\nCzęstochowa,2\nmąka żytnia,3\n",
        "Kraków,1\nGdańsk,2\nŁódź,3\n",
        "tak,1\nbyć,2\nwąż,3\n",
        "Košice,1\nťažký dážď,2\nžltý kôň,3\n",
        "Škofja Loka,1\nŽalec,2\nČrnomelj,3\n",
        "Győr,1\nNyíregyháza,2\nűrhajó,3\n",
    ],
)
def test_the_two_encodings_of_central_europe_are_told_apart(text: str, name: str) -> None:
    data = text.encode(name)
    assert data.decode(detect_unmarked([data]).name) == text


@pytest.mark.parametrize("text", ["5 m²,6 m³\n", "©Sony,Zoë™\n", "¿Qué?,£5\n", "n°,Nº 1\n"])
def test_signs_of_western_texts_are_no_letters(text: str) -> None:
    assert detect_unmarked([text.encode("windows-1252")]).name == "windows-1252"


@pytest.mark.parametrize("name", TEXTS)
def test_the_letters_show_the_encoding(name: str) -> None:
    data = TEXTS[name].encode(name)
    assert data.decode(detect_unmarked([data]).name) == TEXTS[name]


def test_a_single_byte_late_in_the_file_shows_that_it_is_not_utf_8() -> None:
    chunks = [b"a,b\n1,2\n" * 1000, "São Paulo,1\n".encode("latin-1"), b"a,b\n"]
    encoding = detect_unmarked(chunks)
    assert encoding.name == "windows-1252" and "0xe3" in encoding.reason


def test_a_few_lines_of_another_encoding_do_not_change_that_of_most() -> None:
    lines = ["São Paulo,1\n".encode()] * 3 + ["São Paulo,1\n".encode("latin-1")]

    encoding = detect_unmarked([b"".join(lines)])

    assert (encoding.name, encoding.is_mixed) == ("utf-8", True)
    assert encoding.reason == "of 4 lines with accents, 1 are not"


def test_lines_below_a_mark_may_be_of_another_encoding() -> None:
    marked = detect_marked("\ufeffa\nSão\n".encode() + "São\n".encode("latin-1"))

    assert marked and (marked.name, marked.is_mixed) == ("utf-8", True)


def test_an_encoding_without_plausible_letters_is_uncertain() -> None:
    assert "UNCERTAIN" in detect_unmarked([bytes(range(0xA1, 0xFF)) * 3]).reason


@pytest.mark.parametrize("name", ["utf-8", "utf-16le", "utf-16be", *ENCODINGS.values()])
def test_a_contract_accepts_every_encoding_that_is_guessed(name: str) -> None:
    assert Dialect.model_validate({"encoding": name}).encoding


def test_control_characters_are_not_text() -> None:
    with pytest.raises(SourceError, match=r"junk\.bin is not text"):
        check_text(bytes(range(32)) * 10, "junk.bin")
