"""Names of months in several languages, and what is written around them in dates.

English alone is what Spark's patterns read. A name in another language, or an abbreviation of it,
is replaced by the English one before.
"""

# ruff: noqa: RUF001 - letters of other alphabets are meant
import re
import unicodedata
from functools import cache

ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# of each month in its order: forms that dates have it in, and usual abbreviations that are not
# its beginning
NAMES = {
    "en": "january february march april may june july august september october november december",
    "cs": "ledna|leden února|únor března|březen dubna|duben května|květen června|červen"
    " července|červenec srpna|srpen září října|říjen listopadu|listopad prosince|prosinec",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "de": "januar|jänner februar|feber märz|maerz|mrz april mai juni juli august september oktober"
    " november dezember",
    "el": "ιανουαρίου|ιανουάριος φεβρουαρίου|φεβρουάριος μαρτίου|μάρτιος απριλίου|απρίλιος"
    " μαΐου|μάιος ιουνίου|ιούνιος ιουλίου|ιούλιος αυγούστου|αύγουστος σεπτεμβρίου|σεπτέμβριος"
    " οκτωβρίου|οκτώβριος νοεμβρίου|νοέμβριος δεκεμβρίου|δεκέμβριος",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre"
    " noviembre diciembre",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta"
    " syyskuuta lokakuuta marraskuuta joulukuuta",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "hu": "január február március április május június július augusztus szeptember október"
    " november december",
    "id": "januari februari maret april mei juni juli agustus|agt september oktober november"
    " desember",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre"
    " dicembre",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "nl": "januari februari maart|mrt april mei juni juli augustus september oktober november"
    " december",
    "pl": "stycznia|styczeń lutego|luty marca|marzec kwietnia|kwiecień maja czerwca|czerwiec"
    " lipca|lipiec sierpnia|sierpień września|wrzesień października|październik"
    " listopada grudnia|grudzień",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro"
    " dezembro",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie"
    " noiembrie decembrie",
    "ru": "января|январь февраля|февраль марта апреля|апрель мая|май июня|июнь июля|июль августа"
    " сентября|сентябрь октября|октябрь ноября|ноябрь декабря|декабрь",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "tr": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "uk": "січня|січень лютого|лютий березня|березень квітня|квітень травня|травень"
    " червня|червень липня|липень серпня|серпень вересня|вересень жовтня|жовтень"
    " листопада|листопад грудня|грудень",
}
MIN_LETTERS = 3  # of an abbreviation
# a dot that belongs to an abbreviation, and not to the pattern as in `5.Jan.2024`
ABBREVIATION_DOT = r"(?:\.(?=[\s,;-]|$))?"
ORDINAL = r"(?<=\d)(?:st|nd|rd|th|er|º|°|ª)(?=[\s,]|$)"  # of a day: `1er janvier`, `March 5th`


@cache
def month_numbers(language: str) -> dict[str, int]:
    """Return the number of each month, from 1, by its names and their beginnings in lower case.

    A beginning has three letters or more, and belongs to one month alone. Names are also without
    their accents.
    """
    names = [each.split("|") for each in NAMES[language].split(" ")]
    full = {form: number for number, forms in enumerate(names, 1) for form in _forms(forms)}
    found: dict[str, set[int]] = {}
    for name, number in full.items():
        for length in range(MIN_LETTERS, len(name)):
            found.setdefault(name[:length], set()).add(number)
    short = {start: min(numbers) for start, numbers in found.items() if len(numbers) == 1}
    return {**short, **full}


def _forms(names: list[str]) -> list[str]:
    return [form for name in names for form in (name, without_accents(name))]


def without_accents(text: str) -> str:
    """Return the text without marks on its letters, and with a dot on each i."""
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    return plain.replace("ı", "i")


@cache
def name_pattern(language: str) -> str:
    """Return a regular expression, of Python and of Java, that has a month's name as group 1.

    Its flags must be `(?iu)` in Java, and IGNORECASE in Python.
    """
    longest_first = sorted(month_numbers(language), key=lambda name: (-len(name), name))
    letter = "[^\\W\\d_]"
    return f"(?<!{letter})({'|'.join(map(re.escape, longest_first))}){ABBREVIATION_DOT}(?!{letter})"
