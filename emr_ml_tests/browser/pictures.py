"""The pictures of the documentation, and what the pages in them say."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from emr_ml.project import ROOT
from emr_ml_tests.browser.chromium import Page

PICTURES = ROOT / "docs" / "images"
SAID = Path(__file__).parent / "said"
ADVICE = (
    "{name}.png in the documentation would show another text. If that is intended, run "
    "`make test-ui RETAKE=1`, look at the pictures, and commit them with the texts"
)
# what differs from run to run and from machine to machine
VARYING = (
    (r"\b[0-9a-f]{8,32}\b", "VERSION"),
    (r"(file://)?(/[\w.-]+)+/lake\b", "LAKE"),
    (r"\b(a few seconds|an?|\d+) ?(seconds?|minutes?|hours?)? ago\b", "AGO"),
    (r"\b[A-Z][a-z]{2} \d{1,2}, (\d{4}, )?\d{1,2}:\d{2}(:\d{2})? [AP]M\b", "TIME"),
    (r"\b\d{1,2}/\d{1,2}/\d{4}\b", "DAY"),
    (r"\b\d{4}-\d{2}-\d{2}\b", "DAY"),
)


@dataclass(frozen=True)
class Album:
    """Takes pictures, and compares what they show with what is expected.

    Args:
        folder: for pictures that are not kept.
        retake: whether to replace the documentation's pictures and texts.
    """

    folder: Path
    retake: bool

    def take(self, page: Page, name: str, text: str) -> None:
        """Take a picture of the documentation.

        Args:
            page: that is open.
            name: of the picture, without `.png`.
            text: what of the page is in the picture.
        """
        said, expected = stable(text), SAID / f"{name}.txt"
        page.photograph((PICTURES if self.retake else self.folder) / f"{name}.png")
        if self.retake:
            expected.parent.mkdir(exist_ok=True)
            expected.write_text(said)
        before = expected.read_text() if expected.is_file() else ""
        difference = difflib.unified_diff(before.splitlines(), said.splitlines(), lineterm="", n=1)
        assert said == before, "\n".join([ADVICE.format(name=name), *difference])

    def keep(self, page: Page, name: str) -> None:
        """Take a picture for whoever looks into the tests' folder."""
        page.photograph(self.folder / f"{name}.png")


def stable(text: str) -> str:
    """Return a page's text without what varies, one line for each that is not empty."""
    lines = [line.strip() for line in text.splitlines()]
    kept = "\n".join(line for line in lines if line) + "\n"
    for pattern, name in VARYING:
        kept = re.sub(pattern, name, kept)
    return kept
