"""Measurements of the whole, each with the machine it was taken on. `python -m bench` runs them."""
