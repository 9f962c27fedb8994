"""An official's private key, of either algorithm, and what it makes: the public key and signatures in the encodings of
`domain.official`."""

from __future__ import annotations

from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from realcount.domain.official import ED25519, P256, P256_ORDER

SigningKey: TypeAlias = Ed25519PrivateKey | EllipticCurvePrivateKey

SECRET_BYTES = 32
"""Of either: the seed of an Ed25519 key, the scalar of a P-256 key."""


def new_key(algorithm: str) -> SigningKey:
    """Raises `KeyError` for an algorithm that we do not know."""
    if algorithm == P256:
        return generate_private_key(SECP256R1())
    if algorithm == ED25519:
        return Ed25519PrivateKey.generate()
    raise KeyError(algorithm)


def key_of(algorithm: str, secret: bytes) -> SigningKey:
    """The key again, from `secret_of` it. Raises `KeyError` for an unknown algorithm, `ValueError` for no secret of it."""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a secret has {SECRET_BYTES} bytes, this has {len(secret)}")
    if algorithm == P256:
        return derive_private_key(int.from_bytes(secret, "big"), SECP256R1())
    if algorithm == ED25519:
        return Ed25519PrivateKey.from_private_bytes(secret)
    raise KeyError(algorithm)


def algorithm_of(private: SigningKey) -> str:
    return ED25519 if isinstance(private, Ed25519PrivateKey) else P256


def secret_of(private: SigningKey) -> bytes:
    if isinstance(private, Ed25519PrivateKey):
        return private.private_bytes_raw()
    return private.private_numbers().private_value.to_bytes(SECRET_BYTES, "big")


def public_of(private: SigningKey) -> bytes:
    if isinstance(private, Ed25519PrivateKey):
        return private.public_key().public_bytes_raw()
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def signature_of(private: SigningKey, message: bytes) -> bytes:
    """Of a P-256 signature's two forms the one that verifiers take: s in the lower half of the order."""
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(message)
    r, s = decode_dss_signature(private.sign(message, ECDSA(SHA256(), deterministic_signing=True)))
    return r.to_bytes(32, "big") + min(s, P256_ORDER - s).to_bytes(32, "big")
