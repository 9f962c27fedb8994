"""What entries of the log are about, in the words that are noted of where they are: for who seals, and who looks them up."""

from __future__ import annotations

from realcount.log_ports import Subject

_KEY, _OPENING, _CONTEST = "key", "opening", "contest"
_REGISTERED, _REVOKED, _DISTRUSTED = "registered", "revoked", "distrusted"


def opening_subject() -> Subject:
    return (_OPENING,)


def contest_subject(contest: str) -> Subject:
    return (_CONTEST, contest)


def registration_subject(key: str) -> Subject:
    return (_KEY, key, _REGISTERED)


def revocation_subject(key: str) -> Subject:
    return (_KEY, key, _REVOKED)


def distrust_subject(key: str) -> Subject:
    return (_KEY, key, _DISTRUSTED)
