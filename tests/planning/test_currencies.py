"""Amounts in a currency that the target does not hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sdrbot_skills.model.convert import Frame, Misfit
from sdrbot_skills.model.fit import fitter
from sdrbot_skills.model.plan import Otherwise, Plan
from sdrbot_skills.planning.answers import accept_proposals, answer
from sdrbot_skills.script import transforms
from tests.planning import hubspot, salesforce
from tests.planning.conftest import propose, question
from tests.planning.fakes import FakeCrm

QUESTION = "deals.currency.Amount"


def money(amount: str, currency: str | None) -> dict[str, Any]:
    return {"amount": Decimal(amount), "currency": currency}


def planned(theirs: str | None, *amounts: dict[str, Any], ours: str | None = "EUR") -> tuple[Plan, FakeCrm]:
    """HubSpot with these deals, in an account of a currency, to a Salesforce that keeps amounts in another."""
    hub, org = hubspot.account(), salesforce.organisation()
    hub._records = {"deals": [{"dealname": "Big", "amount": one} for one in amounts]}
    hub._account = hub._account.model_copy(update={"currency": ours})
    org._account = org._account.model_copy(update={"currency": theirs})
    return propose(hub, org, ["deals"]), org


def test_amounts_the_target_cannot_tell_are_asked_about() -> None:
    plan, _ = planned("USD", money("1", "USD"), money("2", "GBP"), money("3", None))
    asked = question(plan, QUESTION)
    assert "in EUR, GBP" in asked.text and "USD only" in asked.text
    assert set(asked.choices) == {"quarantine", "leave", "number"}
    kept = accept_proposals(plan).objects["deals"].mapping("Amount")
    assert kept is not None and kept.transform is None and kept.otherwise is Otherwise.REJECT
    left = answer(plan, QUESTION, "leave").objects["deals"].mapping("Amount")
    assert left is not None and left.otherwise is Otherwise.NOTE


def test_the_bare_number_is_carried_for_the_currencies_that_were_asked_about() -> None:
    plan, org = planned("USD", money("1", "USD"), money("2", "GBP"), money("3", None))
    mapping = answer(plan, QUESTION, "number").objects["deals"].mapping("Amount")
    assert mapping is not None and mapping.transform is not None
    fit = fitter(org.describe("Opportunity").by_name["Amount"], Frame(source_currency="EUR", target_currency="USD"))

    def carried(amount: dict[str, Any]) -> Any:
        return fit(transforms.amount_in(amount, **mapping.transform.settings))  # type: ignore[union-attr]

    assert carried(money("1", "USD")) == carried(money("1", "GBP")) == carried(money("1", None)) == money("1", "USD")
    with pytest.raises(Misfit) as raised:
        carried(money("1", "CHF"))
    assert raised.value.rule == "other_currency"


@pytest.mark.parametrize(
    ("theirs", "ours", "currency"),
    [("EUR", "EUR", None), ("EUR", "USD", "EUR"), (None, "EUR", "GBP"), ("USD", None, None)],
)
def test_nothing_is_asked_where_all_fits_or_nothing_is_known(
    theirs: str | None, ours: str, currency: str | None
) -> None:
    plan, _ = planned(theirs, money("1", currency), ours=ours)
    assert QUESTION not in {entry.id for entry in plan.questions}
