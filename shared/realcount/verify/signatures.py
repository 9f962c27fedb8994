"""Whether signatures hold: Ed25519 for the log's key and witnesses, and whatever an official's key record names.

Total: what is no key and no signature just does not hold.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from realcount.domain.official import ED25519, P256, OfficialKey, is_public_key, p256_halves

Check = Callable[[bytes, bytes], None]
"""Message and signature. Raises `InvalidSignature`."""


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """By Ed25519."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def officials_holds(key: OfficialKey, message: bytes, signature: bytes) -> bool:
    check = officials_check(key)
    if check is None:
        return False
    try:
        check(message, signature)
    except InvalidSignature:
        return False
    return True


def officials_check(key: OfficialKey) -> Check | None:
    """The check by this key, made once for many signatures. None if the record holds no key of an algorithm that we know."""
    if not is_public_key(key.algorithm, key.public_key):
        return None
    try:
        return _MAKERS[key.algorithm](key.public_key)
    except ValueError:
        return None


def _ed25519(public: bytes) -> Check:
    key = Ed25519PublicKey.from_public_bytes(public)
    return lambda message, signature: key.verify(signature, message)


def _p256(public: bytes) -> Check:
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public)

    def check(message: bytes, signature: bytes) -> None:
        halves = p256_halves(signature)
        if halves is None:
            raise InvalidSignature
        key.verify(encode_dss_signature(*halves), message, ECDSA(SHA256()))

    return check


_MAKERS = {ED25519: _ed25519, P256: _p256}
