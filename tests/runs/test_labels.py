"""Findings speak of people and options by their labels."""

from sdrbot_skills.model.plan import Plan, Question
from sdrbot_skills.model.results import Finding
from sdrbot_skills.runs.labels import in_words

SIDE = {"connection": "zohocrm", "crm": "zohocrm", "account_id": "1", "account_name": "Acme", "environment": "lab"}


def test_what_the_plan_knows_a_label_for_is_said_by_its_label() -> None:
    part = Question(id="p", text="?", source_names={"Gold customer": "gold_1"}, targets=["contacts.Tier"])
    asked = [
        Question(id="owners", text="?", source_names={"ann@acme.example": "77"}, targets=["contacts.Owner"]),
        Question(id="v", text="?", parts=[part], targets=["contacts.Tier", "deals.Stage"]),
    ]
    plan = Plan.model_validate({"source": SIDE, "target": SIDE, "objects": {}, "questions": asked})
    said = "No counterpart for '77' (3), 'gold_1' (2), '78' (77)"

    def told(field: str) -> str:
        finding = Finding(rule="unmapped_value", severity="warning", object="contacts", field=field, message=said)
        return in_words([finding], plan)[0].message

    assert told("Owner") == "No counterpart for 'ann@acme.example' (3), 'gold_1' (2), '78' (77)"
    assert (
        told("Tier") == "No counterpart for '77' (3), 'Gold customer' (2), '78' (77)"
    )  # 77 is an option here, no user
