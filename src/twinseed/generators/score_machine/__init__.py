"""Local score machines: denoisers that compare windows of an image with the training images."""

from twinseed.generators.score_machine.machine import LocalScoreMachine
from twinseed.generators.score_machine.measuring import measure_windows
from twinseed.generators.score_machine.windows import Windows

__all__ = ["LocalScoreMachine", "Windows", "measure_windows"]
