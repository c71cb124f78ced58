"""Hypothesis without a clock: a machine that is busy with something else is no bug of ours."""

from hypothesis import HealthCheck, settings

settings.register_profile("nexus", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nexus")
