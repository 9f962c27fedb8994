"""Whether a form is one of its contest: the rule that a server holds it to, and an official before anything is sent."""

from __future__ import annotations

from realcount.domain.election import Contest
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.form import Form


def check_form(form: Form, contest: Contest) -> None:
    """What a form must satisfy to be one of this contest. Raises `Rejected`."""
    known = set(contest.option_ids())
    unknown = [option for option in sorted(form.votes) if option not in known]
    if unknown:
        raise Rejected(
            [
                Refusal("unknown-option", f"votes.{option}", f"is not an option of contest {contest.key}")
                for option in unknown
            ]
        )
