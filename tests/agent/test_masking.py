"""A model sees the shape of values, never the values."""

from hypothesis import given
from hypothesis import strategies as st

from sdrbot_skills.agent.masking import hide, mask_document, mask_message, mask_value, our_words, words_of


def test_keeps_shape() -> None:
    assert mask_value("Ann-Marie Müller 42") == "xxx-xxxxx xxxxxx 99"
    assert mask_value(["a@b.co", None, True, 7]) == ["x@x.xx", None, True, "9"]


def test_masks_samples_and_leaves_structure() -> None:
    document = {
        "counts": {"contacts": {"read": 3}},
        "samples": [
            {
                "object": "contacts",
                "source_id": "51",
                "before": {"email": "ann@acme.com"},
                "after": {"Email": "ann@acme.com"},
            }
        ],
    }
    masked = mask_document(document)
    assert masked["counts"] == document["counts"]
    assert masked["samples"][0] == {
        "object": "contacts",
        "source_id": "51",
        "before": {"email": "xxx@xxxx.xxx"},
        "after": {"Email": "xxx@xxxx.xxx"},
    }


def test_a_vendors_message_keeps_our_words_and_loses_the_customers() -> None:
    said = "Title: data value too large: Grand Vizier Wolfeschlegel (was ann@acme.com, +49 711 1234567), max length=128"
    shown = mask_message(said)
    assert "too large" in shown and "128" in shown
    assert not {"Vizier", "Wolfeschlegel", "ann@acme.com", "711", "1234567"} & set(shown.split())


def test_words_of_the_plan_may_stay() -> None:
    assert mask_message("no field Zwiebel__c", words_of("Zwiebel__c")) == "no field Zwiebel__c"
    assert "wolfeschlegel" not in our_words()


def test_a_question_about_people_is_reduced_to_shape() -> None:
    question = {
        "id": "all.owners.users",
        "text": "1 user without a counterpart: Zoltan Kovacs. Whose?",
        "suggestion": "Zoltan Kovacs = x",
        "choices": {"leave": "as it is"},
        "personal": True,
        "names": ["Zoltan Kovacs", "17"],
    }
    shown = mask_document({"questions": [question]})["questions"][0]
    assert shown["text"] == "1 user without a counterpart: xxxxxx xxxxxx. Whose?"
    assert "names" not in shown and "Zoltan" not in str(shown) and shown["choices"] == question["choices"]


def test_hides_whole_words_only() -> None:
    assert hide("Ann likes Annual reports, ANN.", ["Ann"]) == "xxx likes Annual reports, xxx."


@given(
    st.dictionaries(st.text(min_size=1), st.text(alphabet=st.characters(categories=["L", "N"]), min_size=4), min_size=1)
)
def test_no_value_survives(values: dict[str, str]) -> None:
    shown = mask_document({"before": values})["before"]
    for key, value in values.items():
        letters = {char for char in value if char.isalpha() and char != "x"}
        assert not letters & set(shown[key].split("…")[0])


def test_why_a_run_stopped_is_a_message_too() -> None:
    """A run's state ends with its reason, which is made of whatever went wrong."""
    shown = mask_document({"run": "r1", "state": "stopped with an error: Leakington of ann@acme.com"})["state"]
    assert shown.startswith("stopped with an error: ") and "Leakington" not in shown and "acme" not in shown
