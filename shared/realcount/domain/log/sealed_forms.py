"""The entry of an approved form: whole enough to be judged without asking anybody.

    {"type": "realcount/sealed-form/v1",
     "form": <the object the submitter signed>, "form_signature": <base64>,
     "review": <the object the approver signed>, "review_signature": <base64>,
     "received_at": …, "decided_at": …}

The signed objects stand in it as they were signed: both are canonical, so encoding them again gives the very bytes that
the signatures are over. Corrections and withdrawals are forms of their own kind; nothing is ever taken out.
"""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain import strict
from realcount.domain.canonical import canonical_bytes, encode_decoded, parse_canonical
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.form import Form
from realcount.domain.ledger import APPROVE, FormVersion, Review
from realcount.domain.log.base64_text import from_base64, to_base64
from realcount.domain.statements import ReviewStatement, read_form, read_review

SEALED_FORM = "realcount/sealed-form/v1"


@dataclass(frozen=True, slots=True)
class SealedForm:
    """An approved version with everything that made it one. `form_signature` is over `form_payload`, and so on."""

    form: Form
    form_payload: bytes
    form_signature: bytes
    review: ReviewStatement
    review_payload: bytes
    review_signature: bytes
    received_at: str
    decided_at: str

    def to_bytes(self) -> bytes:
        """The entry: canonical JSON, written around the two payloads, which are."""
        return (
            f'{{"decided_at":"{self.decided_at}","form":%b,"form_signature":"{to_base64(self.form_signature)}",'
            f'"received_at":"{self.received_at}","review":%b,"review_signature":"{to_base64(self.review_signature)}",'
            f'"type":"{SEALED_FORM}"}}'
        ).encode() % (self.form_payload, self.review_payload)


def form_entry(version: FormVersion, review: Review) -> bytes:
    """The entry of an approved version. Raises `Rejected` if the review is not the approval of exactly this version."""
    entry = canonical_bytes(
        {
            "type": SEALED_FORM,
            "form": parse_canonical(version.payload),
            "form_signature": to_base64(version.signature),
            "review": parse_canonical(review.payload),
            "review_signature": to_base64(review.signature),
            "received_at": version.received_at,
            "decided_at": review.decided_at,
        }
    )
    read_form_entry(parse_canonical(entry))
    return entry


def read_form_entry(value: dict[str, object]) -> SealedForm:
    """What the entry says, if it can be true: the review approves exactly the form beside it. Says nothing about the
    signatures yet, nor of the bytes it was decoded from: they are to be `to_bytes` of what is returned. Raises `Rejected`
    with every refusal."""
    members = strict.Members(value)
    members.take("type", strict.one_of(SEALED_FORM))
    said = members.take("form", _object)
    form_signature = members.take("form_signature", _signature)
    decided = members.take("review", _object)
    review_signature = members.take("review_signature", _signature)
    received_at = members.take("received_at", strict.instant)
    decided_at = members.take("decided_at", strict.instant)
    members.close()
    members.raise_if_refused()
    assert said is not None and form_signature and decided is not None and review_signature
    assert received_at and decided_at
    form_payload, review_payload = encode_decoded(said), encode_decoded(decided)
    form, review = read_form(said, form_payload), read_review(decided)
    _require_approval(form, review)
    return SealedForm(
        form, form_payload, form_signature, review, review_payload, review_signature, received_at, decided_at
    )


def _require_approval(form: Form, review: ReviewStatement) -> None:
    claims = {
        "decision": (review.decision, APPROVE),
        "election": (review.election, form.election),
        "contest": (review.contest, form.contest),
        "station": (review.station, form.station),
        "version": (review.version, form.version),
        "form": (review.form, form.hash),
    }
    wrong = [
        Refusal("not-approved", f"review.{name}", f"is {found!r}; this form would need {needed!r}")
        for name, (found, needed) in claims.items()
        if found != needed
    ]
    if wrong:
        raise Rejected(wrong)


def _object(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return value
    raise ValueError("must be the object that was signed")


def _signature(value: object) -> bytes:
    data = from_base64(value) if isinstance(value, str) else None
    if data:
        return data
    raise ValueError("must be a signature in base64")
