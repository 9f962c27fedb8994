"""SignatureVerifier with the `cryptography` package. Decides one thing: did this key sign exactly these bytes?

The algorithm is the key record's. Nothing in the message can choose it, so there is nothing to confuse.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from realcount.domain.official import OfficialKey

ED25519 = "ed25519"


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is this Ed25519 key's over exactly `message`. Total."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class CryptographyVerifier:
    def verify(self, key: OfficialKey, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is `key`'s over exactly `message`.

        Total: an algorithm we do not know, a public key that is no point, a signature of the wrong length and plain
        garbage are all just False.
        """
        return key.algorithm == ED25519 and holds(key.public_key, message, signature)
