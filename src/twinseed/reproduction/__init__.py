"""Tests each claim of the theory against simulation and against real data."""

from twinseed.reproduction.claims import Claim
from twinseed.reproduction.job import Reproduction, reproduce

__all__ = ["Claim", "Reproduction", "reproduce"]
