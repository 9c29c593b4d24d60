"""Time from a key press to the repainted curve of ``twinseed explore``, in Chromium.

    python benchmarks/key_to_curve.py --d 10000 --presses 40

A population of ``d`` different eigenvalues (a power law) is chosen; each key press on the slider
of the exponent asks the server for new curves. The script prints the median, and the tenth and the
ninetieth percentile, in milliseconds, from the key press to the frame after the curve was drawn;
the same for the slider of n, which moves the dot along curves that are there already.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import time
from typing import Any

WATCH = """() => new Promise(done => {
    const painted = () => requestAnimationFrame(() => setTimeout(() => done(performance.now())));
    const seen = new PerformanceObserver(list => {
        if (!list.getEntriesByName('painted Learned: recovery').length) return;
        seen.disconnect();
        painted();
    });
    seen.observe({ type: 'mark' });
    window.pressed = null;
    document.activeElement.addEventListener('keydown',
        () => { window.pressed = performance.now(); }, { once: true, capture: true });
}).then(end => end - window.pressed)"""


def main() -> None:
    """Start a server and a browser, press keys, print the times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--d", type=int, default=10_000, help="different eigenvalues")
    parser.add_argument("--presses", type=int, default=40)
    chosen = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        sys.exit("install Chromium first: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "twinseed", "explore", "--port", str(port), "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.1)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"http://127.0.0.1:{port}/?population=power&d={chosen.d}")
            page.wait_for_selector("html[data-ready=yes]")
            page.evaluate("document.getElementById('blind').scrollIntoView()")
            page.wait_for_selector("#blind-charts svg[role=img]")
            page.wait_for_timeout(2000)
            print(f"power law, d = {chosen.d:,} different eigenvalues, 60 points of n")
            for key, words in {
                "exponent": "exponent: new curves from the server",
                "n": "n: the dot on the curves, and the numbers of this n",
            }.items():
                times = [pressed(page, key) for _ in range(chosen.presses)]
                deciles = statistics.quantiles(times, n=10)
                print(
                    f"{words}: median {statistics.median(times):.0f} ms, "
                    f"10 % to 90 %: {deciles[0]:.0f} to {deciles[-1]:.0f} ms"
                )
            browser.close()
    finally:
        server.terminate()
        server.wait()


def pressed(page: Any, key: str) -> float:
    """Press the right arrow on a slider; return the milliseconds until the page is painted."""
    page.locator(f"[data-key={key}]").first.focus()
    page.evaluate(f"void (window.times = ({WATCH})())")
    page.keyboard.press("ArrowRight")
    took: float = page.evaluate("window.times")
    page.wait_for_timeout(100)
    return took


if __name__ == "__main__":
    main()
