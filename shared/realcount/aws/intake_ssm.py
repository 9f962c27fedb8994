"""IntakeSwitch on an SSM parameter: `open`, or `closed: <the reason shown to officials>`.

Any other value is refused loudly instead of guessed at: a switch thrown half way is a fault someone must see.
"""

from __future__ import annotations

from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

from realcount.aws.errors import domain_error

MAX_AGE = 30
"""Seconds that a value read is used for: how long it can take until a closed switch is closed everywhere."""


class SSMIntake:
    def __init__(self, parameter_name: str, provider: SSMProvider | None = None) -> None:
        self._name = parameter_name
        self._provider = provider or SSMProvider()

    def closed_because(self) -> str | None:
        value = self._read().strip()
        if value == "open":
            return None
        state, _, reason = value.partition(":")
        if state.strip() == "closed" and reason.strip():
            return reason.strip()
        raise ValueError(f"parameter {self._name!r} holds {value!r}; it must be `open` or `closed: <reason>`")

    def _read(self) -> str:
        try:
            return str(self._provider.get(self._name, max_age=MAX_AGE))
        except GetParameterError as error:
            cause = error.__context__  # Powertools wraps whatever happened; what it was decides what it means.
            if isinstance(cause, ClientError | BotoCoreError):
                known = domain_error(cause, f"reading the parameter {self._name!r}")
                raise (known or cause) from error
            raise
