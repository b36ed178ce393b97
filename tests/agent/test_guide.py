"""The guide: what it says and does next, in few lines, and that it never guesses."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from sdrbot_skills.agent import guide_turns
from sdrbot_skills.agent.guide import next_turn

WISH = "migrate contacts and companies from HubSpot to Salesforce"
QUESTION: dict[str, Any] = {
    "id": "companies.values.Industry",
    "text": f"60 values of Industry without a sure counterpart: {', '.join(f'Trade of the kind {n}' for n in range(60))}.",
    "choices": {"blank": "leave it empty", "quarantine": "keep these records back"},
    "suggestion": "; ".join(f"Trade {n} = Kind {n}" for n in range(13)),
    "free": True,
    "blocks": False,
    "personal": False,
    "names": [],
}


class Talk:
    """A conversation with the guide in which the test plays the person and the tools."""

    def __init__(self) -> None:
        self.messages: list[BaseMessage] = []

    def say(self, text: str) -> AIMessage:
        return self._next(HumanMessage(text))

    def tool(self, document: Any) -> AIMessage:
        asked = self.messages[-1]
        assert isinstance(asked, AIMessage)
        call = asked.tool_calls[0]
        return self._next(ToolMessage("masked", artifact=document, tool_call_id=call["id"], name=call["name"]))

    def _next(self, message: BaseMessage) -> AIMessage:
        self.messages.append(message)
        answer = next_turn(self.messages)
        self.messages.append(answer)
        return answer


def called(message: AIMessage) -> tuple[str, dict[str, Any]]:
    assert len(message.tool_calls) == 1, message.content
    return message.tool_calls[0]["name"], message.tool_calls[0]["args"]


def plan(questions: list[dict[str, Any]] | None = None, changes: int = 0, fields: int = 40) -> dict[str, Any]:
    mapped = [
        {"from": [f"source_{n}"], "to": f"Target_{n}", "why": "same name", "confidence": 1.0} for n in range(fields)
    ]
    part = {"from": "contacts", "to": "Contact", "where": [], "fields": mapped, "links": []}
    return {
        "plan": "files/plans/a.yaml",
        "source": "A (hubspot)",
        "target": "B (salesforce)",
        "target_connection": "salesforce",
        "mapping": {"contacts": part, "companies": part},
        "questions": questions or [],
        "schema_changes": [{"object": "Contact", "field": f"F{n}__c", "why": "key"} for n in range(changes)],
    }


def dry(findings: int) -> dict[str, Any]:
    counts = {"read": 2000, "create": 1990, "update": 0, "skip": 0, "quarantine": 10, "links": 5}
    found = [
        {"rule": "r", "severity": "info", "object": "contacts", "field": None, "message": f"found {n}", "count": n}
        for n in range(findings)
    ]
    problem = {
        "rule": "r",
        "severity": "problem",
        "object": "contacts",
        "field": "X",
        "message": "the worst",
        "count": 1,
    }
    forecast = {"seconds": 700.0, "target": {"total_calls": 1536}}
    return {"run": "r1", "counts": {"contacts": counts}, "findings": [*found, problem], "forecast": forecast}


def at_mapping(changes: int = 0) -> Talk:
    talk = Talk()
    talk.say(WISH)
    talk.tool(plan(changes=changes))
    return talk


def test_one_sentence_is_enough() -> None:
    wanted = {"source": "hubspot", "target": "salesforce", "objects": ["companies", "contacts"], "where": []}
    assert called(Talk().say(WISH)) == ("propose_mapping", wanted)


def test_what_is_missing_is_asked_for_and_picked_by_number() -> None:
    talk = Talk()
    assert "What shall I move?" in talk.say("I want to migrate from HubSpot").text
    assert "To which CRM?" in talk.say("4").text
    assert "did not understand" in talk.say("bananas").text
    wanted = {"source": "hubspot", "target": "salesforce", "objects": ["companies", "contacts", "deals"], "where": []}
    assert called(talk.say("2")) == ("propose_mapping", wanted)


def test_a_bare_name_answers_the_question_that_was_asked() -> None:
    talk = Talk()
    talk.say("migrate contacts to Salesforce")
    assert called(talk.say("hubspot"))[1]["source"] == "hubspot"


@pytest.mark.parametrize("text", ["hello", "what is the weather?", "yes", "42", "\u202e"])
def test_what_it_does_not_understand_it_says(text: str) -> None:
    answer = Talk().say(text)
    assert not answer.tool_calls and "I understand" in answer.text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", QUESTION["suggestion"]),
        ("1", QUESTION["suggestion"]),
        ("2", "blank"),
        ("Quarantine", "quarantine"),
        ("Trade 1 = Kind 2", "Trade 1 = Kind 2"),
    ],
)
def test_an_answer_goes_into_the_plan(text: str, answer: str) -> None:
    talk = Talk()
    talk.say(WISH)
    talk.tool(plan([QUESTION]))
    name, arguments = called(talk.say(text))
    assert (name, arguments["answer"], arguments["question"]) == ("answer_question", answer, QUESTION["id"])


@pytest.mark.parametrize("text", ["9", "0"])
def test_a_number_that_is_none_of_the_choices_is_no_answer(text: str) -> None:
    talk = Talk()
    talk.say(WISH)
    talk.tool(plan([QUESTION]))
    assert "none of the answers" in talk.say(text).text


def test_yes_is_no_answer_where_nothing_is_suggested() -> None:
    talk = Talk()
    talk.say(WISH)
    talk.tool(plan([{**QUESTION, "suggestion": None}]))
    assert "none of the answers" in talk.say("yes").text


def test_nothing_fills_the_screen_and_more_shows_all() -> None:
    talk = Talk()
    talk.say(WISH)
    steps = (
        ("", plan([QUESTION]), "Trade of the kind 59"),
        ("2", plan(), "source_39 → Target_39"),
        ("yes", dry(60), "found 0 "),
    )
    for text, document, hidden in steps:
        if text:
            talk.say(text)
        told = talk.tool(document).text
        assert len(told) < 1200 and told.count("\n") <= 12, told
        assert hidden not in told and "`more`" in told
        assert hidden in talk.say("more").text


def test_problems_come_first() -> None:
    talk = at_mapping()
    talk.say("yes")
    assert "! contacts.X: the worst" in talk.tool(dry(60)).text


def test_after_more_the_question_is_still_open() -> None:
    talk = at_mapping()
    talk.say("more")
    assert called(talk.say("yes"))[0] == "dry_run"


def test_a_dry_run_waits_until_new_fields_are_made_or_left_out() -> None:
    talk = at_mapping(changes=1)
    assert not talk.say("yes").tool_calls
    assert called(talk.say("key"))[0] == "prepare_schema_changes"
    refused = talk.tool(
        {"error": {"kind": "Refused", "code": "privileged_mode_off", "message": "needs privileged mode"}}
    )
    assert "needs privileged mode" in refused.text
    assert called(talk.say("without"))[0] == "leave_out_schema_changes"
    talk.tool(plan())
    assert called(talk.say("yes"))[0] == "dry_run"


def test_the_way_from_dry_run_to_report() -> None:
    talk = at_mapping()
    talk.say("yes")
    talk.tool(dry(0))
    assert called(talk.say("yes")) == ("request_live_run", {"run": "r1"})
    assert called(talk.tool({"run": "r1", "started": True}))[0] == "wait_for_run"
    working: dict[str, Any] = {"run": "r1", "kind": "migrate", "plan": None, "status": "running", "at_rest": False, "state": "at work",
               "progress": {"contacts": [5, 20]}, "counts": {}, "taken_back": None, "deep_links": []}  # fmt: skip
    again = talk.tool(working)
    assert called(again)[0] == "wait_for_run" and "contacts 5 of 20" in again.text
    pilot = {**working, "status": "pilot_done", "at_rest": True, "deep_links": ["http://x/1"]}
    pilot["counts"] = {"contacts": {"create": 20, "update": 0}}
    assert "http://x/1" in talk.tool(pilot).text
    assert called(talk.say("continue")) == ("continue_run", {"run": "r1"})
    talk.tool({"run": "r1", "continued": True})
    assert called(talk.tool({**working, "status": "done", "at_rest": True}))[0] == "verify_run"
    assert called(talk.tool({"run": "r1", "total": {}}))[0] == "report_run"
    done = talk.tool({"run": "r1", "lines": ["All carried."], "html": "files/r.html", "quarantined": 2})
    assert "files/r.html" in done.text and "2 need you" in done.text
    assert called(talk.say("retry")) == ("retry_run", {"run": "r1"})


def test_who_does_not_approve_has_not_started_anything() -> None:
    talk = at_mapping()
    talk.say("yes")
    talk.tool(dry(0))
    talk.say("yes")
    assert "nothing was written" in talk.tool({"run": "r1", "started": False, "why": "no"}).text
    assert called(talk.say("yes"))[0] == "request_live_run"


def test_a_stopped_run_can_be_resumed_and_status_finds_it_again() -> None:
    talk = Talk()
    assert called(talk.say("status"))[0] == "status"
    runs = [{"run": "r1", "kind": "migrate", "plan": None, "status": "failed", "state": "stopped with an error"}]
    assert "r1" in talk.tool({"connections": [{"name": "hubspot", "crm": "hubspot"}], "runs": runs}).text
    assert called(talk.say("resume")) == ("resume_run", {"run": "r1"})


def test_a_new_wish_is_heard_anywhere() -> None:
    talk = at_mapping(changes=1)
    assert called(talk.say("migrate deals from Salesforce to HubSpot"))[0] == "propose_mapping"


def test_a_filter_that_is_not_understood_is_asked_for_again_and_never_lost() -> None:
    talk = Talk()
    asked = called(talk.say("migrate contacts from Zoho to Pipedrive, only the German ones"))[1]
    assert asked["where"] == ["German ones"]
    told = talk.tool({"error": {"message": "The filter 'German ones' is not understood. Understood: in Germany."}})
    assert "`all` for every record" in told.text
    assert "all" in talk.say("yes").text, "yes is no filter"
    again = called(talk.say("in Germany"))
    assert again == ("propose_mapping", {**asked, "where": ["in Germany"]})
    talk.tool({"error": {"message": "Contacts has no field 'country'."}})
    assert called(talk.say("all"))[1]["where"] == []


def test_what_is_misspelled_is_read_and_said() -> None:
    answer = Talk().say("migrate contats from zoho to pipdrive")
    assert called(answer)[1] == {"source": "zohocrm", "target": "pipedrive", "objects": ["contacts"], "where": []}
    assert "'contats' as contacts" in answer.text and "'pipdrive' as pipedrive" in answer.text


def test_who_asks_in_between_is_told_and_nothing_is_decided() -> None:
    talk = Talk()
    assert "migrate contacts from Zoho" in talk.say("what will happen?").text
    talk.say(WISH)
    talk.tool(plan([QUESTION]))
    for text in ("what will happen?", "why?"):
        told = talk.say(text)
        assert not told.tool_calls and "Type a number" in told.text and QUESTION["text"][:20] in told.text
    assert "after the dry run" in talk.say("how long will it take?").text
    assert "nothing to take back" in talk.say("undo").text
    assert called(talk.say("2"))[0] == "answer_question"
    talk.tool(plan())
    talk.say("yes")
    talk.tool(dry(0))
    assert "about 12 minutes and 1,536 calls" in talk.say("how long will it take?").text
    assert "`yes` shows the approval" in talk.say("what happens if I say yes?").text
    assert called(talk.say("why was this record held back?")) == ("held_back", {"run": "r1"})
    group = {"object": "contacts", "field": "email", "rule": "r", "message": "no place for it", "count": 3}
    told = talk.tool({"run": "r1", "held_back": [{**group, "records": ["17", "18"]}]})
    assert "3 × contacts.email: no place for it" in told.text and "17" in told.text and "`yes`" in told.text
    assert called(talk.say("yes"))[0] == "request_live_run"


def test_who_changes_their_mind_drops_the_plan() -> None:
    talk = at_mapping()
    assert "nothing was written" in talk.say("I changed my mind").text
    assert not talk.say("yes").tool_calls


def test_an_answer_can_be_given_again() -> None:
    talk = Talk()
    talk.say(WISH)
    talk.tool(plan([QUESTION]))
    talk.say("2")
    talk.tool(plan())
    assert QUESTION["text"][:20] in talk.say("back").text
    assert called(talk.say("quarantine"))[1]["answer"] == "quarantine"


@pytest.mark.parametrize("text", ["leave out Fax", "only created after 2024", "move Title to Job Title"])
def test_the_plan_is_changed_in_words(text: str) -> None:
    talk = at_mapping(changes=1)
    assert called(talk.say(text)) == ("change_plan", {"plan": "files/plans/a.yaml", "change": text})
    assert "`key`" in talk.tool(plan(changes=1)).text
    talk.say("without")
    talk.tool(plan())
    talk.say("yes")
    talk.tool(dry(0))
    assert called(talk.say(text))[1]["plan"] == "files/plans/a.yaml", "after a dry run too"


def test_more_is_there_while_the_question_is_open() -> None:
    talk = Talk()
    talk.say(WISH)
    talk.tool(plan([QUESTION]))
    talk.say("9")
    assert "Trade of the kind 59" in talk.say("more").text


def test_at_rest_it_says_what_can_be_said() -> None:
    talk = Talk()
    talk.say("status")
    runs = [{"run": "r1", "kind": "migrate", "plan": None, "status": "pilot_done", "state": "pilot done"}]
    assert "`continue`" in talk.tool({"connections": [{"name": "zohocrm", "crm": "zohocrm"}], "runs": runs}).text
    assert called(talk.say("continue"))[0] == "continue_run"


def test_what_concerns_an_account_is_told_without_a_count() -> None:
    document = dry(0)
    note = {"rule": "n", "severity": "info", "object": None, "field": None, "message": "Automations run.", "count": 1}
    talk = at_mapping()
    talk.say("yes")
    assert "\n  Automations run.\n" in talk.tool({**document, "findings": [note]}).text


def test_any_run_can_be_named() -> None:
    talk = at_mapping()
    assert called(talk.say("undo 20261123-020520-4a9d")) == ("undo_run", {"run": "20261123-020520-4a9d"})
    assert called(Talk().say("report run 20261123-020520-4a9d"))[0] == "verify_run"


def test_a_change_of_the_schema_in_between_leaves_the_plan_asked_about() -> None:
    talk = at_mapping()
    talk.messages.append(HumanMessage("salesforce_admin_create_field object_name=Contact"))
    talk.messages.append(guide_turns.call("salesforce_admin_create_field", object_name="Contact"))
    done = talk.tool({"run": "r9", "done": True, "says": "Makes a field.", "way_back": "`crm-migrate undo r9`"})
    assert "Done." in done.text and "dry run" in done.text
    assert called(talk.say("yes")) == ("dry_run", {"plan": "files/plans/a.yaml"})
    assert called(talk.say("undo 20261123-063708-8203"))[0] == "undo_run"
