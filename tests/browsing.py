"""A person before a browser: real Chromium against a running vault, strict about what the pages do on their own.

Every page that a test opens is watched: an error in the console, a refused
script, an exception, or a request to any other host than the vault and its
store fails the test.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from claiming import letters_in
from lemm.client import Api
from living import PASSWORD, Vault, eventually

ROOT = Path(__file__).resolve().parents[1]
SHOTS = ROOT / "build" / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True},
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
REFUSED_ON_PURPOSE = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


def chromium() -> str | None:
    """Where Debian's Chromium is."""
    return shutil.which("chromium")


def axe_source() -> str:
    """axe-core, as its Python package brings it."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


class Person:
    """One browser window with nobody else's storage."""

    def __init__(self, context: Any, url: str, name: str) -> None:
        self.page: Any = context.new_page()
        self.page.set_default_timeout(30_000)
        self.url, self.name = url, name
        self.wrong: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(f"exception: {error}"))
        self.page.on("request", self._asked)

    def _heard(self, said: Any) -> None:
        if said.type in ("error", "warning") and not REFUSED_ON_PURPOSE.match(said.text):
            self.wrong.append(f"console: {said.text}")

    def _asked(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.hostname not in ("127.0.0.1", "localhost"):
            self.wrong.append(f"asked {parts.hostname}")

    # --- what people do -----------------------------------------------------------

    def go(self, path: str) -> Any:
        """Open a page of the client and wait until its content is there."""
        self.page.goto(f"{self.url}/#{path}")
        return self.settle()

    def settle(self) -> Any:
        """Wait until nothing loads: no bones and no spinner stand on the page."""
        self.page.wait_for_load_state()
        self.page.locator("main h1").first.wait_for(state="attached")
        self.page.locator("main .bone").first.wait_for(state="detached")
        return self.page

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        """Through the form, as anybody would."""
        self.go("/sign-in")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/#/tracks")
        return self.settle()

    def press(self, name: str) -> None:
        """A button or link by its words."""
        found = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        found.first.click()

    # --- what is demanded of pages --------------------------------------------------

    def accessible(self) -> None:
        """axe-core finds nothing wrong with the page as it stands."""
        self.page.evaluate("scrollTo(0, 0)")  # what the fixed header covers further down is no finding
        self.page.wait_for_timeout(300)  # appearing ends; half-transparent text has no contrast
        found = self.page.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)
        assert not found["violations"], "\n".join(_told(one) for one in found["violations"])

    def shot(self, name: str) -> None:
        """A picture of the whole page, for people to look at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("scrollTo(0, 0)")
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def fits(self) -> None:
        """The page is no wider than the window."""
        wide, window = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window, f"{wide} px wide in a window of {window} px"

    def calm(self) -> None:
        """Nothing went wrong behind the page's back."""
        assert self.wrong == [], f"{self.name}: {self.wrong}"


def mailed_link(vault: Vault, to: str) -> str:
    """The page that the newest letter to this address leads to, as the local outbox keeps it."""

    def found() -> str | None:
        vault.place.invoke("notify", {})
        for letter in reversed(letters_in(vault.place.stack.data_dir / "outbox")):
            link = re.search(r"/#(/\S+)", letter.get_content())
            if letter["To"] == to and link:
                return link[1]
        return None

    return str(eventually(found, 60, "the letter"))


def _told(violation: dict[str, Any]) -> str:
    where = [f"{node['target']} {node.get('failureSummary', '')}" for node in violation["nodes"][:4]]
    return f"{violation['id']}: {violation['help']}\n  " + "\n  ".join(where)


class People:
    """Opens windows and closes them again."""

    def __init__(self, browser: Any, url: str) -> None:
        self._browser, self._url = browser, url

    @contextmanager
    def window(self, name: str = "somebody", look: str = "light") -> Iterator[Person]:
        """A window of one's own; what went wrong in it fails the test."""
        context = self._browser.new_context(accept_downloads=True, **LOOKS[look])
        context.add_init_script(axe_source())
        try:
            person = Person(context, self._url, name)
            yield person
            person.calm()
        finally:
            context.close()


def account(url: str, admin: Api, name: str, role: str = "contributor") -> tuple[Api, str]:
    """An account with a role, signed in over the API, and its e-mail."""
    api, email = Api(url), f"{name}@example.org"
    made = api.register(email, PASSWORD, name.title())
    if role != "contributor":
        admin.call("POST", f"/accounts/{made['account_id']}/role", {"role": role, "reason": "knows the music"})
    api.login(email, PASSWORD)
    return api, email
