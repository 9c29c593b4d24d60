"""The main job: experiments to readouts and claims. It computes; skins draw."""

from twinseed.reproduction.claims import Claim
from twinseed.reproduction.job import Reproduction, reproduce

__all__ = ["Claim", "Reproduction", "reproduce"]
