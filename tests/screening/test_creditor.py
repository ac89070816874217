"""The classifier of a creditor's words: trained to the bit, found in its place, quick, and no part of an import."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from screening import creditor
from screening.classifying.classifier import load_classifier, save_classifier
from screening.classifying.fitting import Settings, fit
from screening.creditor import IMPROPER, creditor_classifier, suspicions
from screening.creditor_training import LABELS, fit_creditor
from screening.plain_words import plain_words

RUDE = ["You lazy liar, pay.", "Only a thief does not pay.", "You are a shameless liar.", "Pay, you thief."]
KIND = ["Thank you for your call.", "Which day suits you?", "We can wait until Monday.", "Shall I send the letter?"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("corpus")
    lines = [
        {"text": f"{text} {place}", "language": "en", "severity": "soft" if text in RUDE else "ok",
         "breaches": ["shame"] if text in RUDE else [], "situation": f"s{place}", "author": "ann"}
        for place in range(4) for text in RUDE + KIND
    ]  # fmt: skip
    (path / "creditor-train.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_the_same_sentences_give_the_same_bytes(folder, tmp_path) -> None:
    first, second = (fit_creditor(folder, Settings(folds=2)).classifier for _ in range(2))
    save_classifier(first, tmp_path / "a.npz")
    save_classifier(second, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert load_classifier(tmp_path / "a.npz").scores("You liar.") == first.scores("You liar.")


def test_it_learns_and_thresholds_are_in_order(folder) -> None:
    classifier = fit_creditor(folder, Settings(folds=2)).classifier
    assert classifier.labels == LABELS
    assert classifier.scores("Such a lazy thief")[IMPROPER] > classifier.scores("Which Monday suits you?")[IMPROPER]
    assert all(low <= high for low, high in classifier.thresholds.values())


def test_texts_of_a_group_never_stand_on_both_sides_of_a_fold() -> None:
    texts = [f"word{place} thing" for place in range(12)]
    labelled = [{"a"} if place % 2 else set() for place in range(12)]
    fitted = fit(texts, labelled, [f"g{place // 2}" for place in range(12)], ["a"], Settings(folds=3, misspelt=0))
    # a text's own word says its label, but only to a classifier that has seen it
    assert all(fitted.classifier.scores(text)["a"] > 0.6 for text, one in zip(texts, labelled, strict=True) if one)
    assert abs(fitted.out_of_fold[1::2].mean() - fitted.out_of_fold[::2].mean()) < 0.2


def test_the_shipped_one_finds_what_it_should_in_three_languages() -> None:
    improper = [
        "you stupid liar, sell your car or we come to your house",
        "pague hoy o le quitamos la casa",
        "不还钱就告诉你父母",
    ]
    proper = ["Which day of the month suits you best?", "¿Qué día del mes le conviene?", "您哪天方便还款？"]
    assert all(suspicions(improper)), suspicions(improper)
    assert suspicions(proper) == [None] * 3
    assert creditor_classifier().trained_on["sentences"] > 800


def test_nothing_large_is_imported_to_judge_words() -> None:
    code = (
        "import sys\nfrom metrics.talk.conduct import conduct_breaches\nconduct_breaches('We will call your boss.')\n"
        "print([m for m in ('sklearn', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.alone
@pytest.mark.parametrize(
    "text", ["I will call x. ", "we ", "no ", "if you ", "我会打电话", "you will be sorry to be arrested ", "'", "a. "]
)
def test_the_worst_text_is_read_in_linear_time(text: str) -> None:
    from metrics.talk import conduct

    def seconds(length: int) -> float:
        long, best = (text * length)[:length], 9.0
        for _ in range(7):
            for cache in (conduct.conduct_breaches, conduct._found_without_figures, plain_words):
                cache.cache_clear()
            creditor._READ.clear()
            begin = time.process_time()
            conduct.conduct_breaches(long)
            best = min(best, time.process_time() - begin)
        return best

    conduct.conduct_breaches("Hello.")
    short, long = seconds(2000), seconds(8000)
    assert short < 0.02  # half of it on an idle machine
    assert long < 8 * max(short, 0.002)
