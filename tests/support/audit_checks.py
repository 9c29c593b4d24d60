"""Checks of the page of an audit, part by part, against the audit itself."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from tests.support.page_parts import MISSING, Page, printed, ranged

import twinseed as ts
from twinseed.auditing import Audit, Outcome
from twinseed.auditing.advice import advice
from twinseed.auditing.class_audit import by_class
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.intervals import Z95
from twinseed.pages.pictures import png
from twinseed.status import Status

SIGNS = {
    Outcome.COPYING: ("✗", "bad"),
    Outcome.OVERFITTING: ("!", "open"),
    Outcome.NO_COPYING: ("✓", "good"),
    Outcome.CONVERGED: ("✓", "good"),
    Outcome.NOT_CONVERGED: ("✗", "bad"),
    Outcome.RECOVERED: ("✓", "good"),
    Outcome.PARTLY_RECOVERED: ("?", "open"),
    Outcome.NOT_RECOVERED: ("✗", "bad"),
    Outcome.OUT_OF_REACH: ("?", "open"),
    Outcome.CONVERGED_NOT_RECOVERED: ("✗", "bad"),
    Outcome.CANNOT_TELL: ("?", "open"),
    Outcome.CANNOT_JUDGE: ("?", "open"),
}
QUESTIONS = {
    "copying": "Does the generator copy its training data?",
    "convergence": "Do the twins agree?",
    "recovery": "Did the generator learn the main factors of the data?",
}
LEVELS = {
    "about each generator's own mean": "own_means",
    "about the mean of the real rows": "mean_removed",
    "about zero (raw)": "raw",
    "before the encoder, about the mean": "as_given",
}


def shown(one: IntervalEstimate) -> str:
    return ranged(one.value, one.low, one.high)


def ends(value: float) -> IntervalEstimate:
    return IntervalEstimate(value, np.nan, np.nan)


def check_header(page: Page, audit: Audit) -> None:
    at = audit.readout.attrs
    a, b = at["rows_train_a"], at["rows_train_b"]
    rows = f"{a} training rows of A, {b} of B" if b and a != b else f"{a} training rows"
    rows += " for each model" if b == a else ""
    d = int(audit.readout["d"])
    samples = f"{at['seeds']} samples"
    samples += " of each model" if audit.agreement.mean_removed is not None else ""
    assert page.root.one("header").one("p").take() == f"{rows}, {d} columns, {samples}."


def check_advice(page: Page, audit: Audit) -> None:
    said = advice(audit)
    assert page.root.one("p", cls="plain").take() == said.plain
    lists = [*page.root.all("ul", cls="prose"), *page.root.all("ol", cls="prose")]
    told = [[item.take() for item in one.all("li")] for one in lists]
    assert told == [list(said.rests_on), list(said.would_change), list(said.next_steps)]


def check_checks(page: Page, audit: Audit) -> None:
    expected = []
    if audit.controls is not None:
        sign = ("good", "✓") if audit.controls.told_apart else ("bad", "✗")
        expected.append((*sign, str(audit.controls)))
    if audit.fitness.findings:
        expected += [("open", "!", one.sentence) for one in audit.fitness.findings]
    else:
        expected.append(("good", "✓", "Nothing speaks against the rows."))
    listed = page.root.one("ul", cls="checks")
    assert [(*one.classes, *one.text.split(" ", 1)) for one in listed.all("li")] == expected
    listed.taken = True
    told = [one for one in page.root.all("p") if one.text.startswith("Exchangeable rows")]
    values = [
        f"{pair.replace(', ', ' and ')} {printed(p, 0.05)}"
        for pair, p in audit.fitness.exchangeable.items()
    ]
    said = [f"Exchangeable rows, p-values: {'; '.join(values)}."] if values else []
    assert [one.take() for one in told] == said


def check_verdicts(page: Page, audit: Audit) -> None:
    found = page.root.all("section", cls="verdict")
    expected = []
    for question, outcome in audit.outcome.items():
        mark, colour = SIGNS[outcome]
        sentence = audit.verdict[question]
        expected.append((QUESTIONS[question], f"{mark} {outcome}", sentence, ["verdict", colour]))
    assert [
        (one.one("h3").text, one.one("strong").text, one.one("p").take(), one.classes)
        for one in found
    ] == expected


def check_pairs(page: Page, audit: Audit) -> None:
    pairs = audit.pairs.pairs
    headings = [one.text for one in page.root.all("h2", id="pairs")]
    if not pairs:
        assert headings == []
        assert page.root.all("img") == []
        return
    suspicious = any(one.suspect for one in pairs)
    copied = suspicious and audit.outcome["copying"] is Outcome.COPYING
    assert headings == ["Samples to look at" if copied else "The closest samples of all"]
    text = page.root.one("main").text
    assert ("This audit does not call them copies" in text) is (suspicious and not copied)
    assert ("No sample is suspicious" in page.root.one("main").text) is not suspicious
    told = []
    for one in pairs:
        many = "more than a million" if one.times_closer > 1e6 else f"{one.times_closer:.1f}"
        told.append(
            (
                f"{one.generator.upper()}: sample {one.sample}, training row {one.training_row}",
                "an exact copy" if np.isinf(one.times_closer) else f"{many} times closer",
            )
        )
    if audit.pairs.image_shape is not None:
        items = page.root.one("ul", cls="pairs")
        assert [one.take() for one in items.all("span")] == [" | ".join(one) for one in told]
        check_pictures(items, audit)
        assert "Left: the sample. Right: the training row." in page.root.one("main").text
        return
    table = page.table("Each cell shows the value of the sample / the value of the training row")
    columns = audit.pairs.columns
    assert table.header == ["Pair", *(one.column.name for one in columns)]
    rows = []
    for one, words in zip(pairs, told, strict=True):
        values = [
            " / ".join(
                value if isinstance(value, str) else printed(value)
                for value in (place.shown(one.sample_values), place.shown(one.training_values))
            )
            for place in columns
        ]
        rows.append([", ".join(words), *values])
    assert table.texts == rows


def check_pictures(items: Any, audit: Audit) -> None:
    pairs, shape = audit.pairs.pairs, audit.pairs.image_shape
    assert shape is not None
    rows = np.stack([one.training_values for one in pairs])
    low, high = float(rows.min()), float(rows.max())
    expected = []
    for one in pairs:
        sides = (
            (f"Sample {one.sample} of generator {one.generator.upper()}", one.sample_values),
            (f"Training row {one.training_row}, its closest", one.training_values),
        )
        for words, values in sides:
            picture = values.astype(np.float64).reshape(shape)
            picture = np.moveaxis(picture, 0, -1) if len(shape) == 3 else picture
            code = base64.b64encode(png(picture, low, high)).decode()
            expected.append((words, f"data:image/png;base64,{code}"))
    assert [(one.attrs["alt"], one.attrs["src"]) for one in items.all("img")] == expected


def check_classes(page: Page, audit: Audit) -> None:
    if not audit.classes:
        assert page.root.all("h2", id="classes") == []
        return
    told = [one for one in page.root.all("p") if one.text == by_class(audit.classes)]
    assert [one.take() for one in told] == [by_class(audit.classes)]
    table = page.table("Each class judged alone")
    names = ["Samples", "Training rows", "Held-out rows", "DCR share", "Copied fraction", "p-value"]
    assert table.header == ["Class", *names, "Convergence"]
    assert table.texts == [
        [
            f"{one.name}: "
            + (one.left_out or ", ".join(str(x.outcome) for x in one.answers.values())),
            str(one.samples),
            str(one.rows_train_a),
            str(one.rows_heldout),
            shown(one.dcr_share),
            shown(one.copied_fraction),
            printed(one.p_value),
            shown(one.convergence),
        ]
        for one in audit.classes
    ]


def check_convergence(page: Page, audit: Audit) -> None:
    levels = {words: getattr(audit.agreement, name) for words, name in LEVELS.items()}
    known = {words: level for words, level in levels.items() if level is not None}
    if not known:
        assert page.root.all("h2", id="convergence") == []
        return
    table = page.table("Agreement of samples from equal seeds; 95 % intervals")
    assert table.header == [
        "Measured",
        "Trace ratio q",
        "Mean cosine",
        "Mismatched seeds",
        "Corrected for these",
    ]
    assert table.texts == [
        [
            words,
            shown(level.trace),
            shown(level.cosine),
            printed(level.null, 0.05),
            shown(level.corrected),
        ]
        for words, level in known.items()
    ]
    agreed = audit.agreement
    (told,) = [one for one in page.root.all("p") if one.text.startswith("The verdict rests on")]
    expected = "mean, corrected for mismatched seeds."
    if agreed.another is not None:
        low, high = agreed.another.low, agreed.another.high
        half = (high - low) / 2
        ends = f"{printed(low, half)} to {printed(high, half)}"
        expected += f" Another pair of such models, trained on other rows, would lie between {ends}"
        expected += " in 95 of 100 cases, as far as redraws of the matched linear model tell."
    if agreed.linear is not None:
        expected += f" Agreement of the matched linear models: {shown(agreed.linear)}."
    if agreed.offsets is not None and agreed.offsets.sentence:
        expected += f" On the means: {agreed.offsets.sentence}."
    assert told.take().endswith(expected)


def check_recovery(page: Page, audit: Audit) -> None:
    if not audit.factors:
        assert page.root.all("h2", id="recovery") == []
        return
    table = page.table("Each leading direction of the held-out rows")
    assert table.header == [
        "Factor",
        "Variance",
        "Overlap",
        "Ceiling",
        "Relative overlap",
        "Predicted",
        "Between twins",
    ]
    expected = []
    for one in audit.factors:
        first, last = one.window
        these = f"directions {first} to {last} of the samples"
        together = f" (compared with {these})" if first != last else ""
        expected.append(
            [
                f"{one.number}{together}: {one.fate}",
                f"{100 * one.variance:.1f} %",
                shown(one.overlap),
                shown(one.ceiling),
                shown(one.relative) if one.fate.judged else MISSING,
                printed(one.predicted, 0.5),
                shown(one.twins),
            ]
        )
    assert table.texts == expected


def check_numbers(page: Page, audit: Audit) -> None:
    header = ["Number", "Value", "Compare with", "Status"]
    expected: list[list[str]] = []
    statuses = set()
    renamed = {}
    for one in audit.familiar:
        beside = [] if np.isnan(one.new_rows) else [f"new rows: {shown(ends(one.new_rows))}"]
        symbol, status = "", "ok"
        if one.key == "dcr_share":
            renamed = {"memorisation_share_euclidean": one}
            references = audit.references["memorisation_share_euclidean"]
            beside = [f"{label}: {shown(numbers[0])}" for label, numbers in references.items()]
            symbol = " (s_E)"
            status = audit.readout["memorisation_share_euclidean_status"].item()
        label = f"{one.name}{symbol} | {one.meaning}"
        expected.append([label, shown(one.value), " | ".join(beside), status])
        statuses.add(status)
    if expected:
        table = page.table("Distances between samples and training rows by their usual names")
        assert (table.header, table.texts) == (header, expected)
    expected = []
    for name, references in audit.references.items():
        if name in renamed:
            continue
        variable = audit.readout[name]
        for k in range(variable.size):
            which = f", factor {k + 1}" if "factor" in variable.dims else ""
            value, se, status = (
                audit.readout[name + part].values.reshape(-1)[k] for part in ("", "_se", "_status")
            )
            number = IntervalEstimate(float(value), value - Z95 * se, value + Z95 * se)
            if name.startswith(("memorisation", "recovery")):
                high = number.high if name == "memorisation_ratio" else min(number.high, 1.0)
                number = IntervalEstimate(number.value, max(number.low, 0.0), high)
            if name == "convergence" and audit.agreement.mean_removed is not None:
                trace = audit.agreement.mean_removed.trace
                number = IntervalEstimate(number.value, trace.low, trace.high)
            beside = [
                f"{label}: {shown(numbers[k if len(numbers) > 1 else 0])}"
                for label, numbers in references.items()
            ]
            about = variable.attrs
            label = f"{name.replace('_', ' ')}{which} ({about['symbol']}) | {about['long_name']}"
            expected.append([label, shown(number), " | ".join(beside), str(status)])
            statuses.add(str(status))
    table = page.table("Each number with its 95 % interval")
    assert (table.header, table.texts) == (header, expected)
    statuses.discard("ok")
    number = len(page.root.all("dl")) - 1
    assert number == (1 if statuses else 0)
    if statuses:
        assert page.facts(0) == {str(one): one.advice for one in Status if str(one) in statuses}


def check_settings(page: Page, audit: Audit) -> None:
    at = audit.readout.attrs
    first = len(page.root.all("dl")) - 1
    names = {
        "groups": "groups of real rows",
        "classes": "classes",
        "up_to": "does not distinguish rows",
        "visible": "copied fraction that has to be visible",
    }
    both = {
        "training rows of B": str(at["rows_train_b"]),
        "training rows that A and B share": str(at["shared_training_rows"]),
    }
    assert page.facts(first) == {
        "training rows of A": str(at["rows_train_a"]),
        **(both if at["rows_train_b"] else {}),
        "held-out rows": str(at["rows_heldout"]),
        "samples of each model": str(at["seeds"]),
        "columns": str(int(audit.readout["d"])),
        "constant columns": str(at["constant_columns"]),
        **{names[k]: str(value) for k, value in audit.settings.items() if value is not None},
        "protocol": "2",
        "twinseed": ts.__version__,
        "seed": at["entropy"],
        "fingerprint": at["fingerprint"],
    }


CHECKS = (
    check_header,
    check_advice,
    check_checks,
    check_classes,
    check_verdicts,
    check_pairs,
    check_convergence,
    check_recovery,
    check_numbers,
    check_settings,
)
