"""newsbot in virtual time: months of a newsroom in minutes, every fault by a seed."""

from tests.simulation.long import machine, rules, simulation
from tests.simulation.world import Outcome, Plan, simulate

__all__ = ["Outcome", "Plan", "machine", "rules", "simulate", "simulation"]
