"""Untrusted text is shown as text."""

from __future__ import annotations

import os

import pytest

from sdrbot_skills.plain_text import plain
from sdrbot_skills.sandbox.output import CUT, KEPT_LINES, LINE_LIMIT, Line, OutputReader


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("plain\ttext é 漢", "plain\ttext é 漢"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq...\x1b\\after", "after"),
        ("\x9b31mred", "red"),
        ("a\rb\bc\x00", "abc"),
        ("\u202etxt.exe\u2066", "txt.exe"),
        ("\x1b", ""),
        ("\x1b]unfinished", ""),
    ],
)
def test_control_characters_are_taken_out(printed: str, shown: str) -> None:
    assert plain(printed) == shown


def read(stdout: bytes, stderr: bytes = b"") -> list[Line]:
    return list(OutputReader(_pipe_of(stdout), _pipe_of(stderr)).lines())


def _pipe_of(content: bytes) -> int:
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    return reader


def test_lines_of_both_streams() -> None:
    assert sorted(read(b"one\ntwo", b"three\n")) == [
        Line("stderr", "three"),
        Line("stdout", "one"),
        Line("stdout", "two"),
    ]


def test_empty_lines_and_bad_bytes() -> None:
    assert [line.text for line in read(b"\n\xff\xfe\n")] == ["", "\ufffd\ufffd"]


def test_a_long_line_is_cut() -> None:
    (first, second) = read(b"x" * (LINE_LIMIT + 1) + b"\nnext\n")
    assert first.text == "x" * LINE_LIMIT + CUT
    assert second.text == "next"


def test_a_line_that_just_fits_is_whole() -> None:
    assert read(b"x" * LINE_LIMIT + b"\n")[0].text == "x" * LINE_LIMIT


def test_only_the_last_lines_wait_for_a_reader() -> None:
    reader, writer = os.pipe()
    other, closed = os.pipe()
    os.close(closed)
    output = OutputReader(reader, other)
    with os.fdopen(writer, "w") as out:
        for number in range(KEPT_LINES + 5):
            out.write(f"{number}\n")
    output.join()
    lines = [line.text for line in output.lines()]
    assert lines[0] == "(5 lines left out)"
    assert lines[1] == "5"
    assert len(lines) == KEPT_LINES + 1
