"""Builds the site of docs/ and checks it: every link leads somewhere, nothing comes from elsewhere.

Pages outside of docs/ that people expect in a repository's root become pages of the site, too.
"""

import posixpath
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
ASSEMBLED = ROOT / "build" / "docs"
SITE = ROOT / "build" / "site"
CONFIG = ROOT / "zensical.toml"
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md")
# the README is the front page of the repository, and index.md that of the site
RENAMED = {"README.md": "index.md"}
LINK = re.compile(r"(?<=\]\()([^)#\s]+)")
# what makes a browser load something while it shows a page; a link alone does not
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
NOT_LOADED = ("canonical", "next", "prev")


class SiteError(Exception):
    """What is wrong with the pages, a line each."""


def assemble(root: Path = ROOT, target: Path = ASSEMBLED) -> None:
    """Copy docs/, the pages beside it, and the files that they link to, with links that fit."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "docs", target)
    for page in sorted((root / "docs").rglob("*.md")):
        relative = page.relative_to(root / "docs")
        _write(root, page, target / relative, target)
    for name in PAGES:
        _write(root, root / name, target / name, target)


def _write(root: Path, page: Path, copy: Path, target: Path) -> None:
    source_folder = page.parent.relative_to(root).as_posix()
    copy_folder = copy.parent.relative_to(target).as_posix()

    def fitting(link: re.Match[str]) -> str:
        if ":" in link[0]:
            return link[0]
        path = posixpath.normpath(posixpath.join(source_folder, link[0]))
        inside = RENAMED.get(path, path.removeprefix("docs/"))
        if path == inside and path not in PAGES and (root / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / path, target / path)
        return posixpath.relpath(inside, copy_folder)

    copy.write_text(LINK.sub(fitting, page.read_text(encoding="utf-8")), encoding="utf-8")


class Page(HTMLParser):
    """What a built page links to and loads, and the anchors that it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given.get("id", ""), given.get("name", "")}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in LOADED and given.get("rel") not in NOT_LOADED and LOADED[tag] in given:
            self.loaded.append(given[LOADED[tag]])


def problems_of(site: Path) -> list[str]:
    """Return what is wrong with a built site, a line each."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    return [
        f"{path.relative_to(site)}: {problem}"
        for path, page in pages.items()
        if path.name != "404.html"  # its links are those of the root, wherever it is shown
        for problem in (
            *(f"loads from elsewhere: {url}" for url in page.loaded if urlsplit(url).netloc),
            *(
                f"leads nowhere: {url}"
                for url in (*page.links, *page.loaded)
                if not urlsplit(url).scheme
                and not urlsplit(url).netloc
                and not _leads_somewhere(url, path, pages)
            ),
        )
    ]


def _leads_somewhere(url: str, page: Path, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(url)
    path = page.parent.joinpath(unquote(parts.path)).resolve() if parts.path else page
    path = path / "index.html" if path.is_dir() else path
    if path not in pages:
        return path.is_file()
    return unquote(parts.fragment) in pages[path].anchors


def build() -> None:
    """Build the site.

    Raises:
        SiteError: a page is not in the navigation, or a link leads nowhere.
    """
    navigation = CONFIG.read_text(encoding="utf-8")
    assemble()
    missing = [
        f"docs/{name}: is not in the navigation of {CONFIG.name}"
        for page in sorted(ASSEMBLED.rglob("*.md"))
        if f'"{(name := page.relative_to(ASSEMBLED).as_posix())}"' not in navigation
    ]
    zensical = Path(sys.executable).with_name("zensical")
    # not --strict: the check of the built pages finds the same, and says it in a line
    command = [str(zensical), "build", "--clean", "--config-file", str(CONFIG)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SiteError("\n".join([*missing, done.stdout, done.stderr[-2000:]]))
    if problems := missing + problems_of(SITE):
        raise SiteError("\n".join(problems))


def main() -> int:
    """Build the site, and return the exit code."""
    try:
        build()
    except SiteError as error:
        sys.stderr.write(f"docs: {error}\n")
        return 1
    sys.stdout.write(f"docs: {SITE.relative_to(ROOT)}/index.html\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
