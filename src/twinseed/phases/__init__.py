"""Phase diagrams: where twins memorise, converge and recover, simulated where it changes."""

from twinseed.phases.diagram import PhaseDiagram
from twinseed.phases.refinement import phase_diagram

__all__ = ["PhaseDiagram", "phase_diagram"]
