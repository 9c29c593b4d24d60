"""Phase diagrams: which loads and strengths memorise, converge and recover."""

from twinseed.phases.diagram import PhaseDiagram
from twinseed.phases.refinement import phase_diagram

__all__ = ["PhaseDiagram", "phase_diagram"]
