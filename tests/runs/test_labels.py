"""Findings speak of people and options by their labels."""

from sdrbot_skills.model.plan import Plan, Question
from sdrbot_skills.model.results import Finding
from sdrbot_skills.runs.labels import in_words

SIDE = {"connection": "zohocrm", "crm": "zohocrm", "account_id": "1", "account_name": "Acme", "environment": "lab"}


def test_what_the_plan_knows_a_label_for_is_said_by_its_label() -> None:
    part = Question(id="contacts.values.Tier", text="?", source_names={"Gold customer": "gold_1"})
    asked = [
        Question(id="owners", text="?", source_names={"ann@acme.example": "77"}),
        Question(id="v", text="?", parts=[part]),
    ]
    plan = Plan.model_validate({"source": SIDE, "target": SIDE, "objects": {}, "questions": asked})
    finding = Finding(
        rule="unmapped_value", severity="warning", message="No counterpart for '77' (3), 'gold_1' (2), '78' (77)"
    )
    told = in_words([finding], plan)[0].message
    assert told == "No counterpart for 'ann@acme.example' (3), 'Gold customer' (2), '78' (77)"
