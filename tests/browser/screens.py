"""The pages as a person sees them: pictures by Chromium at four views with the network cut, and the rules of axe.

Report, app and pages of the documentation, each wide, on a phone, dark and in print. A fault is what axe calls serious or
critical, a page wider than its window, an error of a script, or a request to any other machine.

python tests/browser/screens.py --docs docs/_build/html [--out FOLDER]

Without a Chromium nothing is looked at, and one line says so.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

NAMES = ("chromium", "chromium-browser", "google-chrome")
REPORTS = {
    "pendulum": ("theta'' = -g*sin(theta)/l",),
    "pair": ("x' = x + y; y' = 4*x + y",),
}
"""Name -> what the report is asked: pictures of every kind are on these pages."""
DOCS = ("api/gallery.html", "tutorials.html", "how-it-works/determining-system.html")
"""Pictures, text with code, and formulas."""
GRAVE = ("serious", "critical")
LOCAL = re.compile(r"file:|data:|blob:|about:|http://127\.0\.0\.1:")


class View(NamedTuple):
    """A window and what its user prefers."""

    width: int
    height: int = 900
    scheme: str = "light"
    media: str = "screen"


VIEWS = {"wide": View(1280), "phone": View(390, 844), "dark": View(1280, scheme="dark"), "print": View(794, media="print")}


class Look:
    """A browser that asks nothing of a network, the pictures it makes, and the faults that were seen."""

    def __init__(self, browser: Any, axe: Any, out: Path) -> None:
        self.browser, self.axe, self.out = browser, axe, out
        self.faults: list[str] = []
        self.pictures = 0

    def at(self, name: str, address: str, views: dict[str, View] = VIEWS, do: Callable[[Any], None] | None = None) -> None:
        """Look at one page in each view.

        Arguments:
            name: of the pictures.
            address: of the page.
            views: by name.
            do: what a user does there first.
        """
        for kind, view in views.items():
            context = self.browser.new_context(
                viewport={"width": view.width, "height": view.height}, color_scheme=view.scheme
            )
            context.route("**/*", self._only_here)
            page = context.new_page()
            page.on("pageerror", lambda error, kind=kind: self.faults.append(f"{name}, {kind}: {error}"))
            page.emulate_media(media=view.media, color_scheme=view.scheme)
            page.goto(address)
            if do is not None:
                do(page)
            self._judge(page, f"{name}, {kind}")
            page.screenshot(path=self.out / f"{name}-{kind}.png", full_page=True)
            self.pictures += 1
            context.close()

    def _only_here(self, route: Any) -> None:
        if LOCAL.match(route.request.url):
            route.continue_()
        else:
            self.faults.append(f"asks for {route.request.url}")
            route.abort()

    def _judge(self, page: Any, where: str) -> None:
        """What is wrong with a page as it stands."""
        wide = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
        if wide > 0:
            self.faults.append(f"{where}: {wide} px wider than the window")
        for found in self.axe.run(page).response["violations"]:
            if found["impact"] in GRAVE:
                places = "; ".join(node["html"][:120] for node in found["nodes"][:3])
                self.faults.append(f"{where}: {found['id']} ({found['impact']}), {found['help']}: {places}")


def ask(page: Any) -> None:
    """Type an equation into the app and wait for its report."""
    page.get_by_label("Equations").fill("y'' = -y")
    page.get_by_role("button", name="Analyze").click()
    page.wait_for_selector("iframe", timeout=120_000)
    page.frame_locator("iframe").get_by_role("heading", name="Symmetries").wait_for(timeout=60_000)


@contextmanager
def app() -> Iterator[str]:
    """The address of `liesym serve` while it runs."""
    command = [sys.executable, "-m", "liesym", "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        told = next((m for line in process.stdout if (m := re.search(r"http://127\.0\.0\.1:\d+/", line))), None)
        if told is None:
            raise RuntimeError("liesym serve told no address")
        yield told.group(0)
    finally:
        process.terminate()
        process.wait(30)


def reports(folder: Path) -> Iterator[tuple[str, Path]]:
    """The pages of `liesym report`."""
    for name, asked in REPORTS.items():
        path = folder / f"{name}.html"
        subprocess.run([sys.executable, "-m", "liesym", "report", *asked, "-o", path], check=True, stdout=subprocess.DEVNULL)
        yield f"report-{name}", path


def look(chromium: str, docs: Path, out: Path) -> Look:
    """Look at all pages."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium)
        seen = Look(browser, Axe(), out)
        for name, path in reports(Path(folder)):
            seen.at(name, path.as_uri())
        for name in DOCS:
            seen.at(f"docs-{Path(name).stem}", (docs / name).resolve().as_uri())
        with app() as address:
            seen.at("app", address)
            seen.at("app-answer", address, {kind: VIEWS[kind] for kind in ("wide", "phone")}, ask)
        browser.close()
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--docs", type=Path, default=Path("docs/_build/html"), help="the built documentation")
    parser.add_argument("--out", type=Path, default=Path("out/screens"), help="where the pictures go")
    options = parser.parse_args()
    chromium = next((found for name in NAMES if (found := shutil.which(name))), None)
    if chromium is None:
        print(f"left out: no browser here ({', '.join(NAMES)}), so no page was looked at")
        return 0
    seen = look(chromium, options.docs, options.out)
    print(f"{seen.pictures} pictures in {options.out}; faults: {len(seen.faults)}")
    print(*dict.fromkeys(seen.faults), sep="\n")
    return 1 if seen.faults else 0


if __name__ == "__main__":
    sys.exit(main())
