"""Ed25519, for the log's key, witnesses and officials. Total: what is no key and no signature just does not hold."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from realcount.domain.official import OfficialKey

ALGORITHM = "ed25519"


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def officials_holds(key: OfficialKey, message: bytes, signature: bytes) -> bool:
    return key.algorithm == ALGORITHM and holds(key.public_key, message, signature)
