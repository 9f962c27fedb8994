"""A sealer in a process of its own, for a test that kills it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3

from realcount.aws.elections_dynamodb import DynamoDBElections
from realcount.aws.forms_dynamodb import DynamoDBForms
from realcount.aws.keys_dynamodb import DynamoDBKeys
from realcount.aws.log_s3 import S3Log
from realcount.aws.signer_kms import KMSSigner
from realcount.domain.errors import Conflict, Unavailable
from realcount.domain.tally import StationChange
from realcount.usecases.seal_forms import Sealed, seal_forms, seal_untold
from tests.contract.engines import CREDENTIALS
from tests.small_election import DPR, DUSK, ELECTION, PPWP, STATIONS

CHANGES = [StationChange(contest, station) for contest in (PPWP, DPR) for station in STATIONS]


@dataclass(frozen=True)
class Office:
    """Where everything is. `key` is KMS's."""

    endpoint: str
    elections: str
    keys: str
    forms: str
    published: str
    key: str

    def open(self) -> Sealed:
        """Open the log, with zeros: who begins at a log that is open has the less to do in one life."""
        return seal_untold(ELECTION, DUSK, **self._stands_on())

    def sealer(self) -> Callable[[], Sealed]:
        """What seals whatever waits anywhere, each time it is called. Raises what the use case raises."""
        stands_on = self._stands_on()
        return lambda: seal_forms(ELECTION, CHANGES, DUSK, **stands_on)

    def _stands_on(self) -> dict[str, Any]:
        dynamodb, s3, kms = (self._client(name) for name in ("dynamodb", "s3", "kms"))
        return {
            "elections": DynamoDBElections(dynamodb, self.elections),
            "forms": DynamoDBForms(dynamodb, self.forms, self.keys),
            "keys": DynamoDBKeys(dynamodb, self.keys),
            "log": S3Log(s3, self.published, dynamodb, self.forms, ELECTION),
            "signer": KMSSigner(kms, self.key, f"count.example/{ELECTION}"),
        }

    def _client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint, **CREDENTIALS)


def seal_for_ever(office: Office) -> None:
    seal = office.sealer()
    while True:
        try:
            seal()
        except (Conflict, Unavailable):
            time.sleep(random.random() / 50)
