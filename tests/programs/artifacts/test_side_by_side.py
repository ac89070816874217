from __future__ import annotations

import pytest

from programs.artifacts.diff import predictor_diff, program_diff
from programs.artifacts.side_by_side import DiffLine, side_by_side
from programs.creditor.settings import ProgramSettings, Variant
from tests.programs.saved import compiled, plan_demo


def texts(line: DiffLine) -> tuple[str | None, str | None]:
    return tuple(None if side is None else "".join(p.text for p in side) for side in (line.old, line.new))


def changed(side) -> list[str]:
    return [piece.text for piece in side if piece.changed]


def test_equal_texts_have_no_lines():
    assert side_by_side("a\nb", "a\nb") == ()


def test_only_the_words_that_differ_are_marked():
    (line,) = side_by_side("Choose hold, politely.", "Choose step_down, politely.")
    assert texts(line) == ("Choose hold, politely.", "Choose step_down, politely.")
    assert (changed(line.old), changed(line.new)) == (["hold"], ["step_down"])


def test_a_reworded_line_faces_its_old_form_also_where_another_was_put_before_it():
    lines = side_by_side("Ask about income first.", "Never threaten.\nAsk about expenses first.")
    assert [texts(line) for line in lines] == [
        (None, "Never threaten."),
        ("Ask about income first.", "Ask about expenses first."),
    ]


def test_equal_lines_far_from_a_change_are_a_gap():
    old = [f"line {number} {'x' * number}" for number in range(20)]
    new = [*old[:2], "quite another thing", *old[3:]]
    lines = side_by_side("\n".join(old), "\n".join([*new[:18], "end of it", *new[19:]]))
    assert [line.gap for line in lines].count(True) == 1
    assert len(lines) < 16
    assert not any(line.gap for line in side_by_side("\n".join(old), "\n".join(new), context=None))


@pytest.mark.parametrize("old", ["", "one", "one\ntwo\nthree", "a b c\nd e f\n\ng", "  kept  spaces\tand tabs"])
@pytest.mark.parametrize("new", ["two", "one\nthree", "a b x\nd y f\ng", "", "  kept spaces and  tabs"])
def test_both_texts_can_be_read_back_from_the_columns(old, new):
    lines = side_by_side(old, new, context=None)
    for number, text in enumerate((old, new)):
        read = [texts(line)[number] for line in lines]
        assert [line for line in read if line is not None] == text.splitlines()


def test_demos_that_stand_for_each_other_face_each_other():
    a, b = compiled(Variant.PLANNED), compiled(Variant.PLANNED)
    b.planner.predict.demos = [a.planner.predict.demos[0], plan_demo("A car loan."), plan_demo("A third.")]
    found = program_diff(a, b, "old", "new")
    assert (found.a, found.b, found.same_program, found.scores) == ("old", "new", False, ())
    pairs = found.predictors["planner.predict"].demo_pairs
    assert [(pair.a, pair.b) for pair in pairs] == [(2, 2), (None, 3)]
    assert texts(pairs[0].lines[0]) == ("account: Une dette de 5 000 €.", "account: A car loan.")
    assert texts(pairs[0].lines[-1])[0].startswith("strategy.")
    assert all(not changed(line.old) for line in pairs[0].lines[1:])
    assert all(line.old is None for line in pairs[1].lines)


def test_programs_that_are_not_saved_can_be_compared_too():
    a, b = compiled(Variant.PLANNED), compiled(Variant.PLANNED)
    assert program_diff(a, b, "a", "b").same_program
    b.settings = ProgramSettings(variant=Variant.PLANNED, rungs=5)
    (change,) = program_diff(a, b, "a", "b").settings
    assert (change.key, change.a, change.b) == ("rungs", 8, 5)


def test_a_predictor_of_one_side_only_is_new_text():
    state = {"signature": {"instructions": "Judge.", "fields": []}, "demos": [{"account": "x"}]}
    found = predictor_diff(None, state)
    assert [texts(line) for line in found.instruction_lines] == [(None, "Judge.")]
    assert [(pair.a, pair.b) for pair in found.demo_pairs] == [(None, 1)]
