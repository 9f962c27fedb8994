"""What stands between Lambda and a use case: settings, HTTP, problem documents, stream records, logs and metrics.

`answers`, `problems`, `codings`, `pages` and `documents` are plain values; only `http`, `stream`, `objects` and
`telemetry` know Powertools. What the public read path needs imports neither pydantic nor the write side.
"""
