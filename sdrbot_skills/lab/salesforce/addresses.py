"""State and Country/Territory Picklists (variant `state_country_picklists`): listed names and their codes, kept together."""

from typing import Any

from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import Org, View
from sdrbot_skills.lab.salesforce.schema import Field

Doc = dict[str, Any]


def settle(org: Org, view: View, doc: Doc, given: Doc) -> None:
    """Give each name its code and each code its name. Raises Refusal FIELD_INTEGRITY_EXCEPTION for what is not listed."""
    if not org.has("state_country_picklists"):
        return
    for code_field in view.sobject.fields.values():
        if code_field.part_of and code_field.name.endswith(("StateCode", "CountryCode")):
            _settle_pair(view, code_field, doc, given)


def _settle_pair(view: View, code_field: Field, doc: Doc, given: Doc) -> None:
    name = code_field.name.removesuffix("Code")
    if code_field.name in given:
        label = next((o.label for o in code_field.options if o.value == given[code_field.name]), None)
        doc[name] = label
    elif name in given:
        text = given[name]
        found = next(
            (o for o in code_field.options if text and text.casefold() in (o.label.casefold(), o.value.casefold())),
            None,
        )
        if text and found is None:
            kind = "country/territory" if name.endswith("Country") else "state"
            message = (
                f"There's a problem with this {'country' if name.endswith('Country') else 'state'}, even though it may"
                f" appear correct. Please select a {kind} from the list of valid ones.: {view.sobject.fields[name].label}"
            )
            raise Refusal("FIELD_INTEGRITY_EXCEPTION", message, [name])
        doc[name] = found.label if found else None
        doc[code_field.name] = found.value if found else None
