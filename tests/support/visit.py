"""A page in a real browser, with everything that goes wrong in it."""

from __future__ import annotations

from typing import Any

__all__ = ["Visit"]


class Visit:
    """A page in the browser, with everything that went wrong in it."""

    def __init__(self, browser: Any, served: str, **options: Any) -> None:
        wide = {"width": 1280, "height": 900}
        self.context = browser.new_context(viewport=wide, accept_downloads=True)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served[:-1])
        self.page = self.context.new_page()
        self.page.set_default_timeout(120_000)
        self.served = served
        self.problems: list[str] = []
        self.addresses: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self.addresses.append(request.url))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            where = message.location.get("url", "")
            self.problems.append(f"{message.type}: {message.text} {where}")

    def open(self, query: str = "") -> Any:
        """Open the page in a state, and wait until it can be used."""
        self.page.goto(self.served + query)
        self.page.wait_for_selector("html[data-ready=yes]")
        return self.page

    def show(self, scene: str) -> Any:
        """Scroll to a scene; return the sentence under its chart when the answer is there."""
        self.page.evaluate("scene => document.getElementById(scene).scrollIntoView()", scene)
        sentence = self.page.locator(f"#{scene}-sentence")
        self.page.wait_for_function(
            "scene => !/being (drawn|computed)/.test("
            "document.getElementById(scene + '-sentence').textContent)",
            arg=scene,
        )
        return sentence

    def outside(self) -> list[str]:
        """Return the addresses of requests that left the machine."""
        return [one for one in self.addresses if not one.startswith((self.served, "blob:"))]
