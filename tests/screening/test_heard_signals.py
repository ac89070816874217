"""The trained classifier of a debtor's signals: whole kinds in three languages, harmless look-alikes, its speed."""

from __future__ import annotations

import time

import numpy as np
import pytest

from data.messages.corpus import debtor_messages
from data.messages.labels import SignalKind
from plumbing.errors import UserError
from screening.classifying.classifier import load_classifier, save_classifier
from screening.classifying.fitting import Settings
from screening.debtor_training import fit_debtor
from screening.heard_signals import SILENCING, TRAINED, conceivable, debtor_classifier, heard_signals, supported_signals

SAID = {
    SignalKind.STOP: (
        "quit emailing me for good",
        "no me escriban nunca más",
        "请不要再联系我了",
    ),
    SignalKind.DISPUTE: (
        "this loan was never mine",
        "yo nunca pedí ese préstamo",
        "这笔贷款根本不是我借的",
    ),
    SignalKind.DEATH: (
        "my father, who had this loan, died in april",
        "mi papá, el titular, falleció en abril",
        "借款人我爸四月去世了",
    ),
    SignalKind.BANKRUPTCY: (
        "i filed for bankruptcy last week",
        "me declaré en quiebra la semana pasada",
        "我上周已经申请破产",
    ),
    SignalKind.LAWYER: (
        "my attorney handles all of this now",
        "mi abogado lleva todo esto ahora",
        "这事现在由我的律师处理",
    ),
    SignalKind.DISTRESS: (
        "i want to kill myself",
        "no quiero vivir más",
        "我想自杀",
    ),
}
HARMLESS = (
    "can we do 18 months instead of 12?",
    "i get paid on friday, then i can send you 200",
    "¿me pueden bajar el enganche? gano poco este mes",
    "首付能不能少一点，我下个月发工资",
)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SAID.items() for text in texts])
def test_what_is_plainly_said_is_heard(kind, text):
    assert kind in {one.kind for one in heard_signals(text) if one.sure}


@pytest.mark.parametrize("text", HARMLESS)
def test_the_harmless_is_not_even_conceivable(text):
    assert not conceivable(text)
    assert not {one.kind for one in heard_signals(text)} & set(SILENCING)


def test_one_sentence_of_a_long_message_is_heard_and_named():
    story = "We moved here for the mill, and it was good for years. The rent went up twice. " * 6
    found = heard_signals(f"{story}I filed for bankruptcy last week. Anyway, my hours come back in June.")
    assert found[0].kind is SignalKind.BANKRUPTCY
    assert found[0].words == "i filed for bankruptcy last week."


def test_on_messages_of_other_authors_few_are_missed_and_few_silence_without_cause():
    grave, harmless = [], []
    for message in debtor_messages("val"):
        heard = {one.kind for one in heard_signals(message.text) if one.sure} & set(SILENCING)
        (grave if set(message.signals) & set(SILENCING) else harmless).append(bool(heard))
    assert len(grave) > 60
    assert len(harmless) > 200
    assert 1 - np.mean(grave) <= 0.15
    assert np.mean(harmless) <= 0.08


def test_a_saved_classifier_is_the_same_one_and_damage_is_noticed(tmp_path):
    path = tmp_path / "own.npz"
    save_classifier(debtor_classifier(), path)
    assert path.read_bytes() == TRAINED.read_bytes()
    assert load_classifier(path).scores("stop it") == debtor_classifier().scores("stop it")
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(UserError, match="cannot read the classifier"):
        load_classifier(path)


@pytest.mark.slow
def test_the_same_messages_give_the_same_classifier(tmp_path):
    lines = (TRAINED.parents[2] / "data/messages/written/debtor-train.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "debtor-train.jsonl").write_text("\n".join(lines[::20]), encoding="utf-8")
    settings = Settings(folds=2, misspelt=0)
    first, again = (fit_debtor(tmp_path, settings).classifier for _ in range(2))
    assert first.sha256 == again.sha256
    assert first.trained_on["messages"] == len(lines[::20])


@pytest.mark.parametrize("unit", ["stop ", "a.", "不要", "5% ", "i do not "])
def test_time_grows_with_the_length_alone(unit):
    def seconds(length: int) -> float:
        texts = [f"{n} {(unit * length)[:length]}" for n in range(3)]
        began = time.perf_counter()
        for text in texts:
            heard_signals(text)
        return time.perf_counter() - began

    seconds(100)
    assert seconds(8000) < 60 * max(seconds(400), 0.001)


def test_a_readers_word_counts_where_the_classifier_is_in_doubt_and_more_the_better_it_reads():
    harmless = "I can pay 200 a month from May."
    doubtful = "we'd best leave the rest of it to the lady who sorts my papers"
    assert not supported_signals(harmless, [SignalKind.LAWYER], 0.5), "a poor reader is not believed against the words"
    assert supported_signals(harmless, [SignalKind.LAWYER], 9.0), "one that is never wrong is"
    assert not supported_signals(doubtful, [], 9.0), "nothing is found that the reader did not notice"
    assert not heard_signals(doubtful)
    assert [one.sure for one in supported_signals(doubtful, [SignalKind.LAWYER], 4.0)] == [True]
    scores = [supported_signals(doubtful, [SignalKind.LAWYER], weight)[0].score for weight in (2.0, 4.0, 9.0)]
    assert scores == sorted(set(scores))


def test_what_a_reader_takes_for_another_kind_is_named_by_what_speaks_more_for_it():
    (found,) = supported_signals("my attorney deals with this from now on", [SignalKind.DISPUTE], 1.0)
    assert (found.kind, found.sure) == (SignalKind.LAWYER, True)
