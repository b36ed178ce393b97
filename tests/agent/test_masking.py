"""A model sees the shape of values, never the values."""

from hypothesis import given
from hypothesis import strategies as st

from sdrbot_skills.agent.masking import mask_document, mask_message, mask_value


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


def test_masks_what_a_vendor_quotes() -> None:
    assert (
        mask_message('Email: invalid email address: ann@acme (was "Ann Smith")')
        == 'Email: invalid email address: xxx@xxxx (was "xxx xxxxx")'
    )


@given(
    st.dictionaries(st.text(min_size=1), st.text(alphabet=st.characters(categories=["L", "N"]), min_size=4), min_size=1)
)
def test_no_value_survives(values: dict[str, str]) -> None:
    shown = mask_document({"before": values})["before"]
    for key, value in values.items():
        letters = {char for char in value if char.isalpha() and char != "x"}
        assert not letters & set(shown[key].split("…")[0])
