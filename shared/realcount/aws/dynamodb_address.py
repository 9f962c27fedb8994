"""Where DynamoDB is and who asks: region, address and credentials from the environment, without a botocore session.

A session reads configuration files, a megabyte of endpoints and the whole service model before it says the same. The
rules are botocore's: `AWS_ENDPOINT_URL_DYNAMODB` before `AWS_ENDPOINT_URL` before the region's own address; credentials
from the variables before those of the container. Profiles, proxies, FIPS and dual-stack addresses are not for this path.
"""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast
from urllib.parse import urlsplit

import botocore
from botocore.exceptions import InvalidRegionError, NoCredentialsError, NoRegionError
from botocore.httpsession import get_cert_path

SERVICE = "dynamodb"


@dataclass(frozen=True, slots=True)
class Address:
    """A host to connect to. `name` is what the Host header says, and what is signed; `context` is None for plain HTTP, which
    only engines at home speak."""

    url: str
    name: str
    host: str
    port: int
    region: str
    context: ssl.SSLContext | None


def address(environ: Mapping[str, str]) -> Address:
    """Raises `NoRegionError` and `InvalidRegionError` as botocore does, and `ValueError` for a URL that names no host."""
    region = environ.get("AWS_DEFAULT_REGION") or environ.get("AWS_REGION")
    if not region:
        raise NoRegionError
    url = environ.get("AWS_ENDPOINT_URL_DYNAMODB") or environ.get("AWS_ENDPOINT_URL")
    if not url:
        url = f"https://{SERVICE}.{region}.{_dns_suffix(region)}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"the address of DynamoDB must be http://HOST[:PORT] or https://HOST[:PORT], not {url!r}")
    secure = parts.scheme == "https"
    return Address(
        url=f"{parts.scheme}://{parts.netloc}/",
        name=parts.netloc,
        host=parts.hostname,
        port=parts.port or (443 if secure else 80),
        region=region,
        context=_verifying(environ.get("AWS_CA_BUNDLE")) if secure else None,
    )


class Keys(NamedTuple):
    """What signs a request, at one moment."""

    access_key: str
    secret_key: str
    token: str | None


class Credentials(Protocol):
    """botocore's, as far as a signature needs them."""

    def get_frozen_credentials(self) -> Keys:
        """Those of now. Where they expire, botocore fetches new ones well before."""
        ...


class LastingCredentials(Keys):
    """Those that Lambda puts into the variables: they last as long as the environment."""

    def get_frozen_credentials(self) -> Keys:
        return self


def credentials(environ: Mapping[str, str]) -> Credentials:
    """Whose requests these are. Raises `NoCredentialsError`, and `CredentialRetrievalError` if the container's endpoint
    fails.

    botocore's providers are loaded only where something expires, as under SnapStart: they are a twentieth of a cold start.
    """
    key, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if key and secret and not environ.get("AWS_CREDENTIAL_EXPIRATION"):
        return LastingCredentials(key, secret, environ.get("AWS_SESSION_TOKEN") or None)
    from botocore.credentials import ContainerProvider, EnvProvider

    found = EnvProvider(environ).load() or ContainerProvider(environ).load()
    if found is None:
        raise NoCredentialsError
    return cast("Credentials", found)


def _dns_suffix(region: str) -> str:
    """By botocore's table of partitions: regions in China and in government clouds live under domains of their own."""
    if not re.fullmatch(r"[a-z0-9-]{1,63}", region):
        raise InvalidRegionError(region_name=region)
    with open(os.path.join(os.path.dirname(botocore.__file__), "data", "partitions.json"), "rb") as table:
        partitions = json.load(table)["partitions"]
    for partition in partitions:
        if region in partition["regions"] or re.match(partition["regionRegex"], region):
            return str(partition["outputs"]["dnsSuffix"])
    return "amazonaws.com"


def _verifying(bundle: str | None) -> ssl.SSLContext:
    """Certificates and names are checked, against the bundle that botocore would use."""
    return ssl.create_default_context(cafile=bundle or get_cert_path(True))
