"""Rendering: deterministic, formatted, ours byte for byte, and kind to what a person edited."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdrbot_skills.errors import ConfigurationError, PlanInvalid
from sdrbot_skills.model.plan import FieldMapping, ObjectPlan
from sdrbot_skills.script.layout import literal
from sdrbot_skills.script.render import render, render_again
from tests.script.plans import plan

GOLDEN = Path(__file__).parent / "golden" / "migration.py.txt"


def edited(script: str) -> str:
    """A script in which a person changed one function, with a helper and an import of their own."""
    line = '    result["Email"] = tidy(result["Email"])\n    return filled(result)\n\n\ndef main'
    script = script.replace("    return filled(result)\n\n\ndef main", line)
    helper = "import re\n\n\n# for messy addresses\ndef tidy(value):\n    return lower(value) and re.sub(r' ', '', value)\n\n\nPLAN_SHA256"
    return script.replace("PLAN_SHA256", helper, 1)


def test_the_script_is_the_one_people_reviewed() -> None:
    # A change here is a change of every script: look at it, then run with UPDATE_GOLDEN=1.
    script = render(plan())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(script, encoding="utf-8")
    assert script == GOLDEN.read_text(encoding="utf-8")


def test_rendering_twice_gives_the_same_bytes() -> None:
    script = render(plan())
    assert render(plan()) == script
    assert render(plan(), keep=script) == script


@pytest.mark.parametrize("length", ["88", "120"])
def test_the_script_is_formatted_and_lint_free(tmp_path: Path, length: str) -> None:
    long = plan()
    long.objects["contacts"].fields += [
        FieldMapping.of("a" * 90, "Long__c", transform="lower"),
        FieldMapping.of([f"field_{number}" for number in range(12)], "Many__c", transform="first"),
        FieldMapping.of(
            "quotes", "Quotes__c", value_map={'say "hi"': "it's", "both'\"": "back\\slash", "tab\t": "é\u200b"}
        ),
    ]
    for name, made in {"short": plan(), "long": long}.items():
        path = tmp_path / f"{name}.py"
        path.write_text(render(made), encoding="utf-8")
        for arguments in (["format", "--check"], ["check"]):
            command = [
                "ruff",
                *arguments,
                "--isolated",
                "--no-cache",
                "--target-version",
                "py311",
                "--line-length",
                length,
                str(path),
            ]
            done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr


def test_names_from_a_crm_cannot_become_code() -> None:
    hostile = 'Acme"""\nimport os\nos.system("x")\n\\'
    script = render(plan(hostile))
    compile(script, "script", "exec")
    assert "\nimport os" not in script


@given(st.text())
def test_a_text_is_spelled_as_that_very_text(text: str) -> None:
    assert eval(literal(text)) == text  # our own literal, which is what is tested


def test_edited_functions_and_a_persons_additions_are_kept() -> None:
    script = edited(render(plan()))
    more = plan()
    more.objects["companies"].fields.append(FieldMapping.of("phone", "Phone"))
    again = render_again(more, script)
    assert again.kept == ["transform_contacts"]
    assert 'result["Email"] = tidy(result["Email"])' in again.text
    assert "# for messy addresses\ndef tidy(value):" in again.text
    assert "\nimport re\n" in again.text and "    lower,\n" in again.text
    assert '"phone": "Phone"' in again.text
    assert again.warnings == []
    assert render(more, keep=again.text) == again.text, "once kept, always kept"


def test_a_kept_function_that_the_plan_now_makes_otherwise_is_pointed_out() -> None:
    changed = plan()
    changed.objects["contacts"].fields.append(FieldMapping.of("jobtitle", "Title", transform="trim"))
    again = render_again(changed, edited(render(plan())))
    assert '+    result["Title"] = trim(source.get("jobtitle"))' in again.warnings[0]


def test_an_edited_function_whose_object_left_the_plan_is_pointed_out() -> None:
    less = plan()
    del less.objects["contacts"]
    assert any(
        "transform_contacts was edited and is left out" in line
        for line in render_again(less, edited(render(plan()))).warnings
    )


def test_a_name_that_is_gone_is_pointed_out() -> None:
    changed = plan()
    changed.objects["contacts"].fields = [one for one in changed.objects["contacts"].fields if one.target != "Status"]
    again = render_again(changed, edited(render(plan())))
    assert any("CONTACTS_STATUS_VALUES" in line for line in again.warnings)


def test_an_edit_of_comments_or_layout_alone_is_no_edit() -> None:
    script = render(plan()).replace("    return filled(result)", "    return filled(\n        result\n    )  # done")
    assert render_again(plan(), script).kept == []


def test_a_script_that_is_not_python_any_more_is_named_with_its_line() -> None:
    with pytest.raises(ConfigurationError, match="line 1"):
        render(plan(), keep="def broken(:")
    with pytest.raises(ConfigurationError, match="run_migration"):
        render(plan(), keep="print('hello')")


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        (FieldMapping.of(["a", "b"], "C"), "several source fields need a transform"),
        (FieldMapping.of([], "C"), "no source, no constant"),
        (FieldMapping.of("a", "C", transform="__import__"), "no transform called '__import__'"),
    ],
)
def test_what_says_nothing_is_not_rendered(mapping: FieldMapping, expected: str) -> None:
    bad = plan(objects={"contacts": ObjectPlan(source="contacts", target="Lead", fields=[mapping])})
    with pytest.raises(PlanInvalid, match=expected):
        render(bad)
