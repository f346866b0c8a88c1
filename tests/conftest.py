"""What every test shares: Hypothesis never fails a test for being slow, because machines are."""

from hypothesis import HealthCheck, settings

settings.register_profile("noisy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("noisy machine")
