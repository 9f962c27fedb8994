"""WitnessRoll on an SSM parameter: a list that operators change without a deployment, and that takes effect within a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realcount.aws.errors import translated
from realcount.domain.log.witnesses import WitnessList, read_witness_list

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class SSMWitnessRoll:
    def __init__(self, client: SSMClient, parameter_name: str) -> None:
        self._client, self._name = client, parameter_name

    def read(self) -> WitnessList:
        with translated(f"reading the parameter {self._name!r}"):
            answer = self._client.get_parameter(Name=self._name)
        return read_witness_list(answer["Parameter"]["Value"])
