"""IntakeSwitch: open, or closed with a reason."""

from __future__ import annotations

from contextlib import closing
from socket import socket

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import SSMProvider
from botocore.config import Config
from botocore.exceptions import ClientError

from realcount.aws.intake_ssm import SSMIntake
from realcount.domain.errors import Unavailable
from tests.contract.engines import CREDENTIALS, Stores

pytestmark = pytest.mark.engines("memory", "moto", "ministack")


def test_an_open_switch_has_no_reason(stores: Stores) -> None:
    stores.switch_intake("open")
    assert stores.intake.closed_because() is None


def test_a_closed_switch_says_why(stores: Stores) -> None:
    stores.switch_intake("closed: polls close at 13:00; come back then")
    assert stores.intake.closed_because() == "polls close at 13:00; come back then"


@pytest.mark.engines("moto", "ministack")
@pytest.mark.parametrize("value", ["closed", "closed:", "Open", "opened", "closed because"])
def test_a_switch_thrown_half_way_is_an_error_not_a_guess(stores: Stores, value: str) -> None:
    stores.switch_intake(value)
    with pytest.raises(ValueError, match=value):
        stores.intake.closed_because()


@pytest.mark.engines("moto", "ministack")
def test_a_missing_switch_is_an_error_with_the_service_s_own_word(stores: Stores) -> None:
    with pytest.raises(ClientError, match="ParameterNotFound"):
        stores.intake.closed_because()


@pytest.mark.engines("moto", "ministack")
def test_the_switch_is_looked_at_again_only_after_a_while(stores: Stores) -> None:
    """It is asked for every grant; the port allows 30 seconds of age."""
    stores.switch_intake("open")
    assert stores.intake.closed_because() is None
    stores.switch_intake("closed: later")
    assert stores.intake.closed_because() is None


def test_a_switch_out_of_reach_is_unavailable() -> None:
    """Powertools wraps every error in one of its own; what it was still decides what it means."""
    with closing(socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = boto3.client(
            "ssm",
            endpoint_url=f"http://127.0.0.1:{nobody.getsockname()[1]}",
            config=Config(retries={"total_max_attempts": 1}),
            **CREDENTIALS,
        )
        with pytest.raises(Unavailable, match="/intake"):
            SSMIntake("/intake", SSMProvider(boto3_client=client)).closed_because()
