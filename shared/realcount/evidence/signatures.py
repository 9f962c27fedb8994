"""SignatureVerifier with the `cryptography` package. Decides one thing: did this key sign exactly these bytes?

The algorithm is the key record's. Nothing in the message can choose it, so there is nothing to confuse.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from realcount.domain.official import ED25519, P256, OfficialKey, is_public_key, p256_halves


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is this Ed25519 key's over exactly `message`. Total."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def holds_p256(public: bytes, message: bytes, signature: bytes) -> bool:
    """The same for a P-256 key, in the encodings of `domain.official`. Total."""
    halves = p256_halves(signature)
    if halves is None or not is_public_key(P256, public):
        return False
    try:
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public)
        key.verify(encode_dss_signature(*halves), message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


_HOLDS = {ED25519: holds, P256: holds_p256}


class CryptographyVerifier:
    def verify(self, key: OfficialKey, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is `key`'s over exactly `message`.

        Total: an algorithm we do not know, a public key that is no point, a signature of the wrong length and plain
        garbage are all just False.
        """
        by = _HOLDS.get(key.algorithm)
        return by is not None and by(key.public_key, message, signature)
