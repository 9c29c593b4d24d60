"""The sentences beside an answer on copying: each outcome has its own, of the numbers it has."""

import pytest
from tests.support.made_audits import made_audit

from twinseed.auditing import Outcome
from twinseed.auditing.advice import advice

SAYS = {
    Outcome.COPYING: ("Some samples are copies", "that the generator has seen", "--suspects"),
    Outcome.OVERFITTING: ("closer to the training rows", "A single copy", "Stop the training"),
    Outcome.NO_COPYING: (
        "found no copies",
        "below about 3.1 %",
        "Do not call the samples anonymous",
    ),
    Outcome.CANNOT_TELL: ("cannot say", "More samples", "Draw more samples than 345"),
    Outcome.CANNOT_JUDGE: ("cannot be compared", "the same units", "Do what the sentence above"),
}


@pytest.mark.parametrize("outcome", SAYS)
def test_each_outcome_has_its_own_sentences(outcome):
    audit = made_audit(twins=False, outcomes={"copying": outcome})
    plain, change, steps = SAYS[outcome]
    found = advice(audit)
    assert plain in found.plain
    assert change in " ".join(found.would_change)
    assert steps in " ".join(found.next_steps)
    told = " ".join(found.rests_on)
    assert "345 samples were compared with 1234 training rows and 891 held-out rows." in told
    assert ("copied fraction of 3.1 %" in told) is (outcome is not Outcome.CANNOT_JUDGE)


def test_without_heldout_rows_the_next_step_is_to_hold_rows_out():
    found = advice(made_audit(twins=False, heldout=False))
    assert "345 samples were compared with 1234 training rows." in found.rests_on
    assert found.next_steps[0].startswith("Hold out rows and train again: 1234 of them")
