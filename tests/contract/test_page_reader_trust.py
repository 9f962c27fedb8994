"""Whom a reader talks to, and as whom: address, certificates, credentials, the signature itself."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from botocore.credentials import EnvProvider
from botocore.exceptions import InvalidRegionError, NoCredentialsError, NoRegionError, PartialCredentialsError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from realcount.aws.dynamodb_address import address, credentials
from realcount.aws.kept_connection import KeptConnection
from realcount.aws.page_reader import page_reader
from realcount.aws.signed_calls import SignedCalls
from realcount.domain.errors import Unavailable
from tests.contract import samples
from tests.contract.bad_peer import Request, http, item, peer, says

PATH = "/v1/elections/2019/contests/PPWP/regions/11"
PAGE = samples.page(PATH)
GOOD = says(http(item(PAGE)))
NOBODY = {"AWS_ACCESS_KEY_ID": "AKIDNOBODY", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": "ap-southeast-3"}


# ---- where ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("ap-southeast-3", "dynamodb.ap-southeast-3.amazonaws.com"),
        ("us-east-1", "dynamodb.us-east-1.amazonaws.com"),
        ("us-gov-west-1", "dynamodb.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "dynamodb.eusc-de-east-1.amazonaws.eu"),
        ("xy-nowhere-9", "dynamodb.xy-nowhere-9.amazonaws.com"),
    ],
)
def test_the_regions_own_address(region: str, host: str) -> None:
    found = address({"AWS_REGION": region})
    assert (found.url, found.name, found.host, found.port) == (f"https://{host}/", host, host, 443)
    assert found.context is not None
    assert found.context.verify_mode == ssl.CERT_REQUIRED and found.context.check_hostname


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, ("http://127.0.0.1:4566/", "127.0.0.1", 4566)),
        ({"AWS_ENDPOINT_URL": "http://a:1/", "AWS_ENDPOINT_URL_DYNAMODB": "http://b:2/"}, ("http://b:2/", "b", 2)),
        ({"AWS_ENDPOINT_URL": "https://vpce-1.example"}, ("https://vpce-1.example/", "vpce-1.example", 443)),
        ({"AWS_ENDPOINT_URL": "http://[::1]:8000"}, ("http://[::1]:8000/", "::1", 8000)),
        ({"AWS_ENDPOINT_URL": "http://engine"}, ("http://engine/", "engine", 80)),
    ],
)
def test_an_address_that_is_given_comes_first(variables: dict[str, str], expected: tuple[str, str, int]) -> None:
    found = address({"AWS_DEFAULT_REGION": "us-east-1", **variables})
    assert (found.url, found.host, found.port) == expected


def test_a_set_up_that_names_no_place_says_so() -> None:
    with pytest.raises(NoRegionError):
        address({})
    with pytest.raises(InvalidRegionError):
        address({"AWS_REGION": "evil.example/"})
    for url in ("127.0.0.1:8000", "ftp://host", "http://"):
        with pytest.raises(ValueError, match="the address of DynamoDB must be"):
            address({"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": url})


# ---- whom we believe ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two self-signed certificates with their keys: `here.pem` for 127.0.0.1, `elsewhere.pem` for another host."""
    folder = tmp_path_factory.mktemp("certificates")
    for name, alternative in (
        ("here", x509.IPAddress(ip_address("127.0.0.1"))),
        ("elsewhere", x509.DNSName("elsewhere.example")),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return folder


def shown(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def test_a_peer_whose_certificate_is_in_the_bundle_is_believed(certificates: Path) -> None:
    with peer([GOOD], shown(certificates, "here")) as good:
        environ = {**NOBODY, "AWS_ENDPOINT_URL": good.url, "AWS_CA_BUNDLE": str(certificates / "here.pem")}
        with closing(page_reader(environ, "pages")) as reader:
            assert [reader.get(PATH), reader.get(PATH)] == [PAGE, PAGE]
        assert good.connections == 1


@pytest.mark.parametrize(
    ("certificate", "bundle"), [("here", None), ("here", "elsewhere"), ("elsewhere", "elsewhere")],
    ids=["unknown", "another's bundle", "another's name"],
)  # fmt: skip
def test_any_other_is_told_nothing(certificates: Path, certificate: str, bundle: str | None) -> None:
    with peer([GOOD], shown(certificates, certificate)) as strange:
        environ = {**NOBODY, "AWS_ENDPOINT_URL": strange.url}
        if bundle:
            environ["AWS_CA_BUNDLE"] = str(certificates / f"{bundle}.pem")
        with (
            closing(page_reader(environ, "pages", pause=lambda: None)) as reader,
            pytest.raises(Unavailable, match="SSLCertVerificationError"),
        ):
            reader.get(PATH)
        assert strange.heard == []


# ---- who we are ------------------------------------------------------------------------------------------------------------


def test_without_credentials_a_reader_does_not_start() -> None:
    with pytest.raises(NoCredentialsError):
        page_reader({"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "pages")


@pytest.mark.parametrize("token", [{}, {"AWS_SESSION_TOKEN": "token"}, {"AWS_SESSION_TOKEN": ""}])
@pytest.mark.parametrize("expires", [{}, {"AWS_CREDENTIAL_EXPIRATION": "2999-01-01T00:00:00Z"}])
def test_variables_are_read_as_botocore_reads_them(token: dict[str, str], expires: dict[str, str]) -> None:
    environ = {**NOBODY, **token, **expires}
    ours, theirs = credentials(environ).get_frozen_credentials(), EnvProvider(environ).load().get_frozen_credentials()
    assert (ours.access_key, ours.secret_key, ours.token) == (theirs.access_key, theirs.secret_key, theirs.token)


def test_half_of_a_pair_is_none() -> None:
    with pytest.raises(PartialCredentialsError):
        credentials({"AWS_ACCESS_KEY_ID": "AKIDNOBODY"})


class Container:
    """The endpoint under SnapStart: a new token at each question."""

    def __init__(self) -> None:
        self.lifetime = timedelta(hours=6)
        self.asked: list[str | None] = []
        self.environ: dict[str, str] = {}


@pytest.fixture
def container() -> Iterator[Container]:
    state = Container()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.headers["Authorization"])
            body = {
                "AccessKeyId": f"AKID{len(state.asked)}",
                "SecretAccessKey": "secret",
                "Token": f"token-{len(state.asked)}",
                "Expiration": (datetime.now(UTC) + state.lifetime).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        state.environ = {
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{server.server_port}/2021-04-23/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "let me in",
        }
        yield state
        server.shutdown()
        thread.join()


def tokens(container: Container, reads: int) -> list[str]:
    with peer([GOOD]) as good:
        environ = {**container.environ, "AWS_ENDPOINT_URL": good.url}
        with closing(page_reader(environ, "pages")) as reader:
            for _ in range(reads):
                assert reader.get(PATH) == PAGE
        return [request.header("x-amz-security-token") for request in good.heard]


def test_credentials_of_the_container_are_kept_while_they_last(container: Container) -> None:
    assert tokens(container, 3) == ["token-1"] * 3
    assert container.asked == ["let me in"]


def test_and_are_fetched_again_before_they_expire(container: Container) -> None:
    """In their last ten minutes every request would rather wait for new ones: a snapshot may be restored days later."""
    container.lifetime = timedelta(minutes=5)
    assert tokens(container, 2) == ["token-2", "token-3"]


def test_variables_come_before_the_container(container: Container) -> None:
    found = credentials({**container.environ, **NOBODY})
    assert found.access_key == "AKIDNOBODY"
    assert container.asked == []


# ---- the signature ---------------------------------------------------------------------------------------------------------


def signature(request: Request, secret: str) -> str:
    """SigV4 as AWS documents it, from what arrived on the wire."""
    authorization = request.header("authorization")
    scope = authorization.split("Credential=")[1].split(",")[0].split("/", 1)[1]
    names = authorization.split("SignedHeaders=")[1].split(",")[0]
    headers = "".join(f"{name}:{request.header(name)}\n" for name in names.split(";"))
    canonical = "\n".join(["POST", "/", "", headers, names, hashlib.sha256(request.body).hexdigest()])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in (*scope.split("/"), "\n".join(["AWS4-HMAC-SHA256", request.header("x-amz-date"), scope, digest])):
        key = hmac.new(key, part.encode(), "sha256").digest()
    return key.hex()


@pytest.mark.parametrize("secure", [False, True])
def test_the_signature_is_one_over_what_was_sent(certificates: Path, secure: bool) -> None:
    """Host and all: a client that adds a port to the header after signing is refused by AWS and by no imitation of it."""
    with peer([GOOD], shown(certificates, "here") if secure else None) as good:
        environ = {**NOBODY, "AWS_ENDPOINT_URL": good.url, "AWS_CA_BUNDLE": str(certificates / "here.pem")}
        with closing(page_reader(environ, "pages")) as reader:
            reader.get(PATH)
    [request] = good.heard
    assert request.head.lower().count("\r\nhost:") == 1
    assert request.header("authorization").endswith(f"Signature={signature(request, 'nothing')}")
    assert "/ap-southeast-3/dynamodb/aws4_request" in request.header("authorization")


def test_a_port_that_goes_without_saying_is_neither_signed_nor_sent() -> None:
    """http.client would name 443, which is not the usual port of what it takes for plain HTTP."""
    sent: list[Mapping[str, str]] = []

    class Wire(KeptConnection):
        def post(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
            sent.append(headers)
            return 200, b"{}"

    where = address(NOBODY)
    assert SignedCalls(where, credentials(NOBODY), Wire(where)).call("GetItem", {}, "reading") == {}
    assert sent[0]["Host"] == "dynamodb.ap-southeast-3.amazonaws.com"
    head = "\r\n".join(["", *(f"{name}: {value}" for name, value in sent[0].items())])
    assert sent[0]["Authorization"].endswith(signature(Request(head, b"{}"), "nothing"))
