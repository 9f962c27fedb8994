"""realcount publishes the count of an election while it happens.

Read the folders in the order a form travels them, from the middle outwards:

- `domain/`     what an election, a form and a tally *are*: pure values and rules, standard library only.
- `rendering/`  domain values to the bytes the public reads: pure, no clock.
- `ports.py`    what the use cases ask of the world, as contracts.
- `usecases/`   one module per step of a form's life, the same verb as its folder in `functions/`.
- `aws/`        the ports on DynamoDB, S3 and SSM.  `evidence/`: the ports on cryptography and images.
- `edge/`       what stands between Lambda and a use case: settings, HTTP, problem documents, stream records.
- `adapters.py`, `wiring.py`  put adapters into use cases; the only readers of the environment.
- `local/`, `cli/`  the same system on one machine, and the command `realcount`.

Imports point from the last to the first, never back (`pyproject.toml` holds the contract).
"""
