"""Build the wheel and the source archive twice, check them, and install the core alone.

    make release

Needs the tools of release.txt. Writes into dist/: the wheel, the archive, a list of the components
(SBOM), the recipe for conda-forge, the notes of this version and SHA256SUMS. Any failed check ends
the run with a sentence.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
ENDINGS = {
    *(".py", ".typed", ".json", ".toml", ".html", ".css", ".js"),
    *(".npz", ".safetensors", ".txt", ".md", ".LICENSE"),
}
PICTURES = {"twinseed/explore/static/icon.svg"}
"""The package draws all other pictures."""
BESIDE = {".gitignore", "CHANGELOG.md", "CITATION.cff", "LICENSE", "PKG-INFO", "README.md"}
BESIDE |= {"GLOSSARY.md", "pyproject.toml"}
"""What the source archive holds next to src/twinseed."""
MOST = 4_000_000
"""Bytes of a wheel at the most: half are the weights of the demo."""
METADATA = ("Name", "Version", "Summary", "Author", "License-Expression", "License-File")
METADATA += ("Keywords", "Classifier", "Requires-Python", "Requires-Dist", "Provides-Extra")
METADATA += ("Description-Content-Type",)


def built(source: Path, into: Path) -> tuple[Path, Path]:
    """Build the source archive and the wheel of a folder; return both files."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", into, source)
    return next(into.glob("*.tar.gz")), next(into.glob("*.whl"))


def unpacked(archive: Path, into: Path) -> Path:
    """Unpack a source archive; return the folder with its sources."""
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")
    return next(into.iterdir())


def wrong_in_wheel(wheel: Path) -> list[str]:
    """Return what a wheel holds and should not, and what is missing in its metadata."""
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        about = next(name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = file.read(about).decode()
    folder = about.partition("/")[0]
    wrong = [
        name
        for name in names
        if not name.startswith(f"{folder}/")
        and name not in PICTURES
        and not (name.startswith("twinseed/") and Path(name).suffix in ENDINGS)
    ]
    lines = metadata.partition("\n\n")[0]
    wrong += [f"no {key}" for key in METADATA if not re.search(rf"^{key}: .", lines, re.M)]
    return wrong + ([f"{wheel.stat().st_size:,} bytes"] if wheel.stat().st_size > MOST else [])


def wrong_in_archive(archive: Path) -> list[str]:
    """Return what a source archive holds and should not."""
    with tarfile.open(archive) as tar:
        names = [one.name.partition("/")[2] for one in tar if one.isfile()]
    inside = "src/"
    return [
        name
        for name in names
        if name not in BESIDE
        and name.removeprefix(inside) not in PICTURES
        and not (name.startswith(f"{inside}twinseed/") and Path(name).suffix in ENDINGS)
    ]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def version() -> str:
    """Return the version of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def recipe(archive: Path) -> str:
    """Return the recipe for conda-forge, with the version and the hash of the archive."""
    text = (ROOT / "packaging/recipe.yaml").read_text("utf-8")
    return text.replace("VERSION", version()).replace("SHA256", digest(archive))


def check_recipe(text: str) -> None:
    """Let the builder of conda-forge read and render a recipe; end with what it says if it cannot.

    The package itself is not built: that needs the channel conda-forge.
    """
    from rattler_build.stage0 import Stage0Recipe

    try:
        rendered = Stage0Recipe.from_yaml(text).render()
    except Exception as error:  # its errors have no common class
        sys.exit(f"packaging/recipe.yaml: {error}")
    if len(rendered) != 1:
        sys.exit(f"packaging/recipe.yaml makes {len(rendered)} packages: it must make one")


def notes(log: str, of: str) -> str:
    """Return the section of a changelog about one version; end if there is no dated section."""
    heading = re.search(rf"^## \[{re.escape(of)}\] - \d{{4}}-\d\d-\d\d$", log, re.M)
    if heading is None:
        sys.exit(f"CHANGELOG.md has no section '## [{of}] - YEAR-MONTH-DAY': write the section")
    section = log[heading.start() :].partition("\n\n## [")[0]
    return section.replace(heading[0], f"# twinseed {of} ({heading[0][-10:]})").rstrip() + "\n"


def run(*words: str | Path, **more: str) -> None:
    """Run a program; end with its output if it fails."""
    said = subprocess.run(
        list(map(str, words)), env={**os.environ, **more}, capture_output=True, text=True
    )
    if said.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{said.stdout}{said.stderr}")


def installed(wheel: Path, folder: Path) -> tuple[float, float]:
    """Install the core in a fresh environment, let it test itself.

    Returns the seconds of pip: of the clock, and of the processor (0 on Windows).
    """
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    start, before = time.perf_counter(), os.times()
    run(sys.executable, "-m", "pip", "--python", folder, "install", "--no-compile", wheel)
    seconds, after = time.perf_counter() - start, os.times()
    busy = sum(after[2:4]) - sum(before[2:4])  # user and system time of child processes
    run(python, "-m", "twinseed", "doctor", PYTHONPATH="")
    next(folder.rglob("twinseed-*/direct_url.json")).unlink()  # the folder of this machine
    return seconds, busy


def main() -> None:
    """Build, check, install and write the files of a release."""
    said = notes((ROOT / "CHANGELOG.md").read_text("utf-8"), version())
    shutil.rmtree(DIST, ignore_errors=True)
    with TemporaryDirectory() as made:
        folder = Path(made)
        first = built(ROOT, DIST)
        second = built(unpacked(first[0], folder / "sources"), folder / "again")
        for one, other in zip(first, second, strict=True):
            if digest(one) != digest(other):
                sys.exit(f"two builds of {one.name} differ: compare {one} with {other}")
        wrong = wrong_in_archive(first[0]) + wrong_in_wheel(first[1])
        if wrong:
            sys.exit("the built files are wrong: " + ", ".join(wrong))
        run(sys.executable, "-m", "twine", "check", "--strict", *first)
        seconds, busy = installed(first[1], folder / "core")
        bill = DIST / f"{first[1].name.split('-py3')[0]}.cdx.json"
        words = ("environment", "--output-reproducible", "--of", "JSON", "-o", bill)
        run(sys.executable, "-m", "cyclonedx_py", *words, folder / "core")
    text = recipe(first[0])
    check_recipe(text.replace("ADDRESS", "https://example.org"))
    (DIST / "recipe.yaml").write_text(text, "utf-8")
    (DIST / "NOTES.md").write_text(said, "utf-8")
    files = sorted(DIST.iterdir())
    sums = "".join(f"{digest(path)}  {path.name}\n" for path in files)
    (DIST / "SHA256SUMS").write_text(sums, "utf-8")
    print(sums, end="")
    print("two builds are equal; the core was installed alone, and tested itself")
    print(f"pip needed {busy:.0f} s of processor time for the core, {seconds:.0f} s by the clock")


if __name__ == "__main__":
    main()
