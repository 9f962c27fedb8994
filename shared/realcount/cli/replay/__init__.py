"""Replay of a real count: the forms of 2019 through the use cases of today, and every page compared with what was published."""
