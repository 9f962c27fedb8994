"""Signer with KMS: an Ed25519 key that never leaves it (`ECC_NIST_EDWARDS25519`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final

from realcount.aws.errors import translated
from realcount.domain.log.checkpoints import log_name
from realcount.domain.log.notes import ED25519, NoteKey

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

Named = Callable[[str, str], str]
"""Of an origin and an election the name of a key: `log_name`, or `receipts_name`."""

ALGORITHM: Final = "ED25519_SHA_512"

_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410)."""


class KMSSigners:
    """One key for all elections, under a name for each; `origin` is what all names begin with, `named` what makes one."""

    def __init__(self, client: KMSClient, key_id: str, origin: str, named: Named = log_name) -> None:
        self._client, self._key_id, self._origin, self._named = client, key_id, origin, named
        self._signers: dict[str, KMSSigner] = {}

    def of(self, election: str) -> KMSSigner:
        name = self._named(self._origin, election)
        return self._signers.setdefault(election, KMSSigner(self._client, self._key_id, name))


class KMSLogKeys:
    """The same keys for whoever may only know them: their public halves."""

    def __init__(self, client: KMSClient, key_id: str, origin: str, named: Named = log_name) -> None:
        self._signers = KMSSigners(client, key_id, origin, named)

    def of(self, election: str) -> NoteKey:
        return self._signers.of(election).key


class KMSSigner:
    """`name` is the log's, which its checkpoints begin with."""

    def __init__(self, client: KMSClient, key_id: str, name: str) -> None:
        self._client = client
        self._key_id = key_id
        self._name = name

    @cached_property
    def key(self) -> NoteKey:
        """Raises `ValueError` if the key is of another kind."""
        with translated(f"asking for the public key {self._key_id}"):
            spki = self._client.get_public_key(KeyId=self._key_id)["PublicKey"]
        if not spki.startswith(_SPKI) or len(spki) != len(_SPKI) + 32:
            raise ValueError(f"the KMS key {self._key_id} is no Ed25519 key: make it with ECC_NIST_EDWARDS25519")
        return NoteKey(self._name, ED25519, spki[len(_SPKI) :])

    def sign(self, message: bytes) -> bytes:
        """KMS takes messages of up to 4 KB; a checkpoint has about 100 bytes."""
        with translated(f"signing with {self._key_id}"):
            answer = self._client.sign(
                KeyId=self._key_id, Message=message, MessageType="RAW", SigningAlgorithm=ALGORITHM
            )
        return answer["Signature"]
