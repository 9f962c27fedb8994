"""IntakeSwitch: open, or closed with a reason."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.contract.engines import Stores

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
