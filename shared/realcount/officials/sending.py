"""Sending signed statements to the public API over HTTP, a step at a time or all at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from realcount.officials.official import Scan

SIGNED_MEDIA = "application/vnd.realcount.signed"


class SendError(Exception):
    """The API or S3 answered with an error; the message is its problem document or body, with the status.

    Who gets a `status` of 429 or from 500 on may try again: every statement may be sent twice. `problem` is the code of
    the problem document, `detail` and `refusals` its members; `headers` are the answer's.
    """

    def __init__(self, message: str, status: int, body: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.problem: str | None = None
        self.detail, self.refusals = "", list[Mapping[str, str]]()
        try:
            said = json.loads(body)
        except ValueError:
            return
        if isinstance(said, dict) and str(said.get("type", "")).startswith("/problems/"):
            self.problem = str(said["type"]).removeprefix("/problems/")
            self.detail, self.refusals = str(said.get("detail", "")), list(said.get("refusals", []))


@dataclass(slots=True)
class Sender:
    """Sends signed statements to the API at `base_url`. Every call may be repeated: the server makes it one.

    All raise `SendError`, and httpx's `TransportError` where nobody answers.
    """

    base_url: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30.0))

    def submit(self, request: bytes, form: bytes, scans: Sequence[Scan]) -> str:
        """Ask for the grant and upload scans and form. Returns the upload's id."""
        grant = self.grant(request)
        contents = {"form": form, **{f"scan-{i}": scan.content for i, scan in enumerate(scans, start=1)}}
        # The form goes last: what arrives completes the upload, and nothing has to be looked at twice.
        for file in sorted(grant["files"], key=lambda file: str(file["name"]) == "form"):
            self.put(file, contents[file["name"]])
        return str(grant["upload"])

    def grant(self, request: bytes) -> dict[str, Any]:
        """Ask to upload."""
        return self._post("/v1/uploads", request)

    def put(self, file: Mapping[str, Any], content: bytes) -> None:
        """Upload one of the `files` of a grant."""
        answer = self.http.post(
            file["url"], data=file["fields"], files={"file": (file["name"], content, file["media"])}
        )
        if answer.status_code not in (200, 201, 204):
            message = f"{file['name']}: {answer.status_code} {answer.text[:500]}"
            raise SendError(message, answer.status_code, headers=answer.headers)

    def upload(self, upload: str) -> dict[str, Any]:
        """What became of an upload."""
        return _checked(self.http.get(f"{self.base_url}/v1/uploads/{upload}"))

    def review(self, review: bytes) -> dict[str, Any]:
        return self._post("/v1/reviews", review)

    def _post(self, path: str, document: bytes) -> dict[str, Any]:
        answer = self.http.post(self.base_url + path, content=document, headers={"content-type": SIGNED_MEDIA})
        return _checked(answer)


def _checked(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        message = f"{answer.request.url.path}: {answer.status_code} {answer.text[:1000]}"
        raise SendError(message, answer.status_code, answer.text, answer.headers)
    body: dict[str, Any] = answer.json()
    return body
