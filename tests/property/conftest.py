"""Property tests draw the same examples on every run: a red run is red again, for everybody."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "same-every-time", derandomize=True, deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same-every-time")
