from __future__ import annotations

import dspy

from data.domain import Speaker
from optimizers.preferences.student import Student, speaks
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.table.runner import view
from tests.optimizers.preferences.students import over_conceding, written
from tests.programs.cases import POLICY, case
from tests.programs.players import TAKE, playing
from tests.scripted import scripted_lm


def test_its_prompt_is_what_the_vanilla_negotiator_is_asked_to_the_byte():
    lm = playing()
    with dspy.context(lm=lm):
        record = Maden(ProgramSettings(variant=Variant.VANILLA))(case=case(), seed=0).negotiation
    student = Student(ProgramSettings())
    mine = [index for index, one in enumerate(record.turns) if one.speaker is Speaker.CREDITOR]
    assert len(mine) == len(lm.engine.requests) > 2
    for index, request in zip(mine, lm.engine.requests, strict=True):
        system, *rest = student.prompt(case().creditor_view(), view(record.turns[:index], Speaker.CREDITOR, POLICY))
        assert system == {"role": "system", "content": request.system}
        assert [(one["role"], one["content"]) for one in rest] == [(m.role, m.text) for m in request.messages]


def test_what_it_wrote_is_kept_to_the_byte_and_read_back_to_the_same_turn():
    text = written("ask", TAKE, "Let us find a way together, 您好.", "income")
    student = Student(ProgramSettings(), scripted_lm(lambda prompt: text))
    table = view((), Speaker.CREDITOR, POLICY)
    said = student.answer(case(), table, 0, warm=False)
    assert said.reply == text
    assert student.turn_of(case(), table, text) == said.turn


def test_of_an_answer_asked_for_twice_the_second_counts():
    answers = iter(["no JSON", written("ask", TAKE)])
    said = Student(ProgramSettings(), scripted_lm(lambda prompt: next(answers))).answer(
        case(), view((), Speaker.CREDITOR, POLICY), 0, warm=False
    )
    assert said.reply == written("ask", TAKE)


def test_it_plays_on_its_own_model_unsampled_and_samples_warm():
    mine = over_conceding()
    student = Student(ProgramSettings(temperature=0.7), mine)
    table = view((), Speaker.CREDITOR, POLICY)
    with dspy.context(lm=playing()):
        for warm in (False, True):
            student.answer(case(), table, 0, warm=warm)
        with student.playing():
            assert dspy.settings.lm is mine
    assert [one.config.temperature for one in mine.engine.requests] == [0.0, 0.7]


def test_a_turn_without_words_of_its_own_teaches_none():
    student = Student(ProgramSettings())
    table = view((), Speaker.CREDITOR, POLICY)
    whole, empty, cut = (
        student.turn_of(case(), table, written("ask", TAKE, text)) for text in ("I hear you.", "", "I hear you. You")
    )
    assert (speaks(whole), speaks(empty), speaks(cut)) == (True, False, False)
