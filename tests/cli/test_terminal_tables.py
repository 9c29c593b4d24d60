"""Tables in the terminal, read back by their headers and held against the object they are of."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.test_cli import call
from tests.phases.test_diagram_drawn import filled
from tests.reproduction.small_reproduction import CLAIMS, small_reproduction
from tests.support.made_audits import AUDITS, made_audit
from tests.support.made_curves import made_curves
from tests.support.made_plans import ASKED, NEEDED, WANTED, made_plan, plan_cell
from tests.support.made_readouts import LOADS, made

import twinseed as ts
from twinseed.auditing.advice import advice
from twinseed.auditing.estimates import INTERVALS
from twinseed.cli.curves import print_curves
from twinseed.cli.output import print_readout
from twinseed.cli.reproduce import _print_claims
from twinseed.curves.curves import sentences
from twinseed.intervals import Z95
from twinseed.readout import VARIABLES, save
from twinseed.status import Status
from twinseed.tables import percent


def parsed(text: str) -> tuple[list[str], list[list[str]], list[str]]:
    """Return the header of the table in a text, its rows, and the lines below it."""
    lines = text.splitlines()
    (rule,) = [k for k, line in enumerate(lines) if re.fullmatch(r" ?─+", line)]
    header = lines[rule - 1]
    starts = [found.start() for found in re.finditer(r"(?<!\S)(?<!\S )\S", header)]
    starts = starts if starts[0] == 1 else [1, *starts]
    edges = [*itertools.pairwise([*starts, None])]
    rows = []
    below = lines[rule + 1 :]
    while below and below[0].startswith(" ") and not below[0].startswith("  -"):
        line = below.pop(0)
        rows.append([line[slice(*edge)].strip() for edge in edges])
    return [header[slice(*edge)].strip() for edge in edges], rows, below


def cell(value: float, se: float, status: str) -> str:
    bar = f" ± {Z95 * se:.2g}" if math.isfinite(se) and se > 0 else ""
    number = "-" if math.isnan(value) else f"{value:.4g}{bar}"
    return number + ("" if status == "ok" else " *")


def grid(readout: Any, dims: list[str]) -> dict[str, tuple[str, list[str]]]:
    """Return, by variable and factor, its symbol and its cells over the grid."""
    found = {}
    for name, variable in VARIABLES.items():
        for k in range(readout.sizes["factor"]) if variable.per_factor else [None]:
            parts = [readout[name + part] for part in ("", "_se", "_status")]
            if k is not None:
                parts = [part.isel(factor=k) for part in parts]
            flat = [part.transpose(*dims).values.ravel() for part in parts]
            if not np.isnan(flat[0]).all():
                place = "" if k is None else f" {k + 1}"
                cells = [cell(float(v), float(e), str(s)) for v, e, s in zip(*flat, strict=True)]
                found[name + place] = (variable.symbol + place, cells)
    return found


def small(loads: Any, ridges: Any) -> Any:
    readout = made(0, {"gamma": loads, "ridge": ridges}, n=("gamma", np.multiply(loads, 64)))
    for part, lost in (("", np.nan), ("_se", np.nan), ("_status", str(Status.NOT_MEASURED))):
        readout[f"wasserstein{part}"] = (
            readout[f"wasserstein{part}"].dims,
            np.full(readout["wasserstein"].shape, lost),
        )
    readout["memorisation"].values[0, 0] = np.nan
    readout["memorisation_status"].values[0, 0] = Status.NO_THEORY
    readout["recovery_status"].values[-1, 0, 1] = Status.BELOW_FLOOR
    readout.attrs["population"] = "Spiked([3])"
    return readout


def test_a_readout_of_few_points_has_them_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    readout = small([0.5, 2.25], [0.0, 0.125])
    print_readout(readout)
    out = capsys.readouterr().out
    assert out.startswith("simulate: Spiked([3])\n")
    header, rows, below = parsed(out)
    assert [header, *rows][:4] == [
        ["n", "32", "32", "144", "144"],
        ["d", "64", "64", "64", "64"],
        ["gamma", "0.5", "0.5", "2.25", "2.25"],
        ["ridge", "0", "0.125", "0", "0.125"],
    ]
    expected = grid(readout, ["gamma", "ridge"])
    assert not any(name.startswith("wasserstein") for name in expected)
    assert rows[3:] == [
        [f"{name} ({re.sub(' [0-9]$', '', symbol)})", *cells]
        for name, (symbol, cells) in expected.items()
    ]
    advice = (Status.BELOW_FLOOR, Status.NO_THEORY, Status.NOT_MEASURED)
    said = [f"* {one}: {one.advice}" for one in Status if one in advice[:2]]
    assert below == said


def test_a_readout_of_many_points_has_them_below_each_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    loads = np.arange(1, 21) / 4
    readout = small(loads, [0.0, 0.125])
    print_readout(readout)
    header, rows, _ = parsed(capsys.readouterr().out)
    expected = grid(readout, ["gamma", "ridge"])
    assert header == ["n", "d", "gamma", "ridge", *(symbol for symbol, _ in expected.values())]
    points = list(itertools.product(loads, (0.0, 0.125)))
    assert len(rows) == len(points)
    for k, (gamma, ridge) in enumerate(points):
        cells = [cells[k] for _, cells in expected.values()]
        assert rows[k] == [f"{64 * gamma:g}", "64", f"{gamma:g}", f"{ridge:g}", *cells]


@pytest.mark.parametrize("name", AUDITS)
def test_every_number_of_an_audit(name: str) -> None:
    audit = made_audit(**AUDITS[name])
    told = str(audit)
    if audit.classes:
        told, _, after = told.partition("\nBy class:\n")
        classes, _, steps = after.partition("What to do next:")
        check_classes(" ".join(classes.split()), audit)
        told += f"What to do next:{steps}"
    header, rows, below = parsed(told)
    assert header == ["number", "value", "95 % interval", "compare with"]
    expected = []
    for line in audit.lines():
        one, beside = line.number, []
        for label, number in line.references.items():
            beside.append(f"{label} {number.value:.3f}")
        words = "; ".join(beside)
        words += "" if line.status == "ok" else f" ({line.status})" if words else line.status
        which = "" if line.factor is None else f" {line.factor}"
        reach = f"{one.low:.3f} to {one.high:.3f}" if one.low < one.high else ""
        expected.append([line.name + which, f"{one.value:.3f}", reach, words])
    assert rows == expected
    text = " ".join(" ".join(below).split())
    checks = [] if audit.controls is None else [str(audit.controls)]
    checks += [one.sentence for one in audit.fitness.findings]
    before = f"Before the verdict: {' '.join(f'- {one}' for one in checks)} " if checks else ""
    verdict = " ".join(f"- {one}" for one in audit.verdict.values())
    steps = " ".join(f"- {one}" for one in advice(audit).next_steps)
    assert text == f"{INTERVALS} {before}Verdict: {verdict} What to do next: {steps}"


def check_classes(told: str, audit: Any) -> None:
    """Every class has its numbers, in the order of the header."""
    for one in audit.classes:
        outcomes = ", ".join(str(x.outcome) for x in one.answers.values())
        share, converged = (
            "-" if np.isnan(x.value) else f"{x.value:.3f}" for x in (one.dcr_share, one.convergence)
        )
        fraction = percent(one.copied_fraction.value, 1)
        sizes = f"{one.samples} {one.rows_train_a} {one.rows_heldout}"
        cells = f"{one.name} {sizes} {share} {fraction} {converged} {one.left_out or outcomes}"
        assert cells in told


def test_every_number_of_a_comparison(tmp_path: Path) -> None:
    one, two = (made(k, {"gamma": LOADS[:2]}) for k in (1, 2))
    two["recovery_status"] = two["recovery_status"].dims, [["ok", "below the floor"]] * 2
    for readout, name in ((one, "one"), (two, "two")):
        save(readout, tmp_path / f"{name}.nc")
    out = call("compare", tmp_path / "one.nc", tmp_path / "two.nc").stdout
    assert out.startswith("simulate minus simulate\n")
    header, rows, _ = parsed(out)
    assert header == ["variable", "at", "difference", "standard error", "bias", "z", "status"]
    expected = []
    for name, variable in VARIABLES.items():
        for i, load in enumerate(LOADS[:2]):
            for k in range(2) if variable.per_factor else [None]:
                place = (i,) if k is None else (i, k)
                at = f"gamma {load:g}" + ("" if k is None else f", factor {k + 1}")
                a, b = (float(side[name].values[place]) for side in (one, two))
                errors = (float(side[f"{name}_se"].values[place]) for side in (one, two))
                se, difference = math.hypot(*errors), a - b
                numbers = f"{difference:.4g}", f"{se:.2g}", "0", f"{difference / se:.2f}"
                status = str(two[f"{name}_status"].values[place])
                expected.append([name, at, *numbers, status])
    assert rows == expected


def test_every_number_of_the_claims(capsys: pytest.CaptureFixture[str]) -> None:
    _print_claims(dataclasses.replace(small_reproduction(readouts={}), claims=CLAIMS))
    header, rows, below = parsed(capsys.readouterr().out)
    assert header == ["", "predicted", "measured", "95 % interval", "allowed", "claim"]
    bad = "DOES NOT AGREE"
    verdicts = {"wrong": bad, "lost": bad, "near": "3 s.e.", "off": "allowed"}
    bounds = {"off": "at most ", "low": "at least "}
    assert rows == [
        [
            verdicts.get(one.name, "agrees"),
            f"{bounds.get(one.name, '')}{one.predicted:.4g}",
            f"{one.measured:.4g}",
            f"{one.low:.4g} to {one.high:.4g}",
            f"{one.allowance:.2g}",
            one.sentence,
        ]
        for one in CLAIMS
    ]
    assert [line for line in below if line.startswith("- ")] == [
        "- off: allowed 0.03 (20.00 %); law"
    ]
    assert below[-1] == (
        "8 claims: 4 within the 95 % interval, 1 within three standard errors, 1 only with the "
        "allowance, 2 do not agree."
    )
    _print_claims(dataclasses.replace(small_reproduction(readouts={}), claims=CLAIMS[:2]))
    assert capsys.readouterr().out.endswith("\n2 claims: 2 within the 95 % interval.\n")


SHOWN = {
    "convergence": "q",
    "convergence_null": "q, mismatched seeds",
    "memorisation_ratio": "rho",
    "memorisation_share": "share",
    "recovery": "Q 1",
}


@pytest.mark.parametrize(("beside", "machine"), [(True, False), (False, False), (True, True)])
def test_every_number_of_curves(
    beside: bool, machine: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    curves = made_curves(beside, machine=machine)
    curves.measured["convergence_se"].values[1] = 0.017
    print_curves(curves)
    header, rows, below = parsed(capsys.readouterr().out)
    models = {"": curves.measured} | ({", linear": curves.linear} if beside else {})
    models |= {", machine": curves.machine} if machine else {}
    assert header == ["n", *(w + model for w in SHOWN.values() for model in models)]
    for i, n in enumerate(("30", "100", "1,000")):
        cells = []
        for name in SHOWN:
            for data in models.values():
                value, se = (float(data[name + p].values[i].flat[0]) for p in ("", "_se"))
                cells.append(f"{value:z.3f} ± {Z95 * se:.3f}")
        assert rows[i] == [n, *cells]
    assert below == [*sentences(curves), *curves.notes]


def test_the_sentences_of_curves_have_their_numbers() -> None:
    curves = made_curves()
    mine, linear = curves.measured, curves.linear
    first, last = sentences(curves)
    for i, n, said in ((0, "30", first), (2, "1,000", last)):
        q, e, null, share = (
            float(mine[name][i])
            for name in ("convergence", "convergence_se", "convergence_null", "memorisation_share")
        )
        lq, le, lshare = (
            float(linear[name][i])
            for name in ("convergence", "convergence_se", "memorisation_share")
        )
        assert said == (
            f"At n = {n} the twins agree to {q:.3f} ± {Z95 * e:.3f} (mismatched seeds: "
            f"{null:z.3f}), their linear twins to {lq:.3f} ± {Z95 * le:.3f}; {100 * share:.0f} % "
            "of the samples are closer to training rows than to held-out rows (linear: "
            f"{100 * lshare:.0f} %)."
        )


def test_the_sentences_name_the_machines() -> None:
    curves, alone = made_curves(machine=True), made_curves()
    assert curves.machine is not None
    for i, n in ((0, 0), (2, 1)):
        q, e = (float(curves.machine[f"convergence{part}"][i]) for part in ("", "_se"))
        words = f", their local score machines to {q:.3f} ± {Z95 * e:.3f};"
        assert sentences(curves)[n] == sentences(alone)[n].replace(";", words)


def test_curves_without_a_number_show_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    curves = made_curves()
    assert curves.linear is not None
    for name in ("convergence", "memorisation_share", "recovery"):
        curves.linear[name] = np.nan * curves.linear[name]
    curves.measured["convergence_null"] = np.nan * curves.measured["convergence_null"]
    print_curves(curves)
    printed = capsys.readouterr().out
    assert "nan" not in printed.split("\n\n")[0]
    assert "nan" not in " ".join(sentences(curves))
    header, rows, _ = parsed(printed)
    assert [row[header.index("q, linear")] for row in rows] == ["-"] * 3


def test_a_reference_that_a_factor_lacks_is_a_dash() -> None:
    audit = made_audit()
    lines = list(audit.lines())
    lost = dataclasses.replace(lines[0].number, value=math.nan)
    shown = [dataclasses.replace(lines[0], references={"ceiling": lost}), *lines[1:]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(audit), "lines", lambda _: iter(shown))
        _, rows, _ = parsed(str(audit))
    assert "nan" not in " ".join(rows[0])
    assert "ceiling -" in rows[0][-1]


def test_every_number_of_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = made_plan()
    asked = {(0.9, None, 2): NEEDED[0], (None, 0.8, 2): NEEDED[1]}

    def samples_for(convergence: Any = None, recovery: Any = None, factor: int = 2) -> Any:
        return asked[convergence, recovery, factor]

    monkeypatch.setattr(plan, "samples_for", samples_for)
    monkeypatch.setattr(ts, "plan", lambda *_, **how: plan)
    np.save(tmp_path / "pilot.npy", np.eye(9))
    words = ("--convergence", 0.9, "--recovery", 0.8, "--factor", 2, "--n", "40,1600")
    done = call("plan", tmp_path / "pilot.npy", *words)
    assert done.exit_code == 0, done.output
    header, rows, below = parsed(done.stdout)
    names = ["convergence", "memorisation ratio", "memorisation share", "recovery 1", "recovery 2"]
    names = names[: 3 + min(plan.population.factors.size, 3)]
    assert header == ["n", "x pilot", *names, "status"]
    bands = plan.bands([40, 1600])
    for i, (n, times) in enumerate((("40", "1"), ("1,600", "40"))):
        cells = []
        for name in names:
            band = bands[name.replace(" ", "_").rstrip("_12")]
            k = (i, int(name[-1]) - 1) if name[-1] in "12" else (i,)
            cells.append(plan_cell(band, k))
        assert rows[i] == [n, times, *cells, "ok"]
    assert done.stdout.startswith(
        "Plan for linear models, from 40 rows of 60 columns, Ridge(strength=0.25). n: training "
        "rows of each model; in brackets: 90 % bands."
    )
    text = " ".join(" ".join(below[:-2]).split())
    assert text == " ".join(f"- {one}" for one in (*plan.method(), *plan.limits()))
    assert below[-2:] == [
        f"{name}: {want} training rows; {one.status}"
        for name, want, one in zip(ASKED[:2], WANTED, NEEDED, strict=False)
    ]


@pytest.mark.parametrize("room", [120, 300])
def test_every_number_of_a_phase_diagram(room: int) -> None:
    diagram = filled(room=room, ridge=0.25, d=12345)
    header, rows, _ = parsed(str(diagram))
    assert header == ["region", "of the plane", "meaning"]
    areas: dict[Any, float] = {}
    right = 0.0
    theory = diagram.lines.region(diagram.gamma, diagram.strength)
    for tile, region, line in zip(diagram.tiles, diagram.regions, theory, strict=True):
        area = math.prod(tile.size)
        areas[region] = areas.get(region, 0.0) + area
        right += area * (int(region) == line)
    assert rows == [[one.words, f"{100 * areas[one]:.1f} %", one.meaning] for one in sorted(areas)]
    about = str(diagram).splitlines()[0]
    sharp = f", as sharp as a uniform grid of {diagram.uniform:,}" if room == 300 else ""
    assert about == (
        f"Phase diagram at d = 12,345, ridge 0.25: {len(diagram.tiles)} simulated points{sharp}. "
        f"On {100 * right:.1f} % of the plane the simulated region is the region that theory "
        "predicts."
    )
