"""How lines are broken for a person at a terminal."""

from __future__ import annotations

from sdrbot_skills.runs.person import wrapped

ADDRESS = "https://accounts.example/authorize?" + "scope=a-b," * 12


def test_a_line_breaks_between_words_and_what_is_copied_stays_whole() -> None:
    told = wrapped(f"Open this address in the browser of this machine, then agree: {ADDRESS}", 40)
    lines = told.split("\n")
    assert ADDRESS in lines
    assert all(len(line) < 40 for line in lines if line != ADDRESS)


def test_a_prompt_keeps_its_space_and_a_choice_its_indent() -> None:
    assert wrapped("  1  Attio", 40) == "  1  Attio"
    assert wrapped("Number: ", 40) == "Number: "
