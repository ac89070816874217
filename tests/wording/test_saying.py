from __future__ import annotations

from datetime import date
from threading import Thread

import pytest

from plumbing.errors import UserError
from programs.table import words
from screening.languages import written_in
from wording import chosen, date_text, language_spoken, say, say_many, sentences, share_text, speaking, well_formed
from wording.tags import catalogue_tag, require_spoken


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es-MX"),
        ("fr-FR, zh-CN;q=0.8, en;q=0.9", "en"),
        ("fr, zh-hans-cn;q=0.7", "zh-Hans-CN"),
        ("es;q=0, en", "en"),
        ("fr", None),
        ("", None),
        ("*", None),
        ("es;q=nonsense", None),
        ("," * 5000, None),
    ],
)
def test_the_first_language_with_a_catalogue_is_chosen(accepted, tag):
    assert chosen(accepted) == tag


@pytest.mark.parametrize(("written", "tag"), [("ES", "es"), ("es_mx", "es-MX"), ("zh-hans", "zh-Hans"), ("pl", "pl")])
def test_a_tag_is_written_as_it_should_be(written, tag):
    assert well_formed(written) == tag


@pytest.mark.parametrize("written", ["", "spanish", "x", "es-", "e s", "12", "xx-YY-zz-??"])
def test_what_is_no_language_is_refused_in_one_sentence(written):
    with pytest.raises(ValueError, match="is not a language; write its BCP 47 tag"):
        well_formed(written)


def test_a_language_without_a_catalogue_cannot_be_asked_for():
    with pytest.raises(UserError, match=r"nothing can be said in 'pl'; there are catalogues for en, es, zh"):
        require_spoken("pl")
    assert catalogue_tag("es-AR") == "es"


def test_a_block_speaks_its_language_and_no_other_thread_does():
    elsewhere = []
    with speaking("es"):
        other = Thread(target=lambda: elsewhere.append(say("Not yet")))
        other.start()
        other.join()
        assert say("Not yet") == "Todavía no"
        with speaking("zh"):
            assert say("Not yet") == "暂不"
        assert language_spoken() == "es"
    assert (elsewhere, say("Not yet"), language_spoken()) == (["Not yet"], "Not yet", None)


def test_plurals_follow_the_language():
    def days(tag: str | None) -> list[str]:
        with speaking(tag):
            return [say_many("{n} day", "{n} days", n) for n in (0, 1, 2)]

    assert days(None) == days("en") == ["0 days", "1 day", "2 days"]
    assert days("es") == ["0 días", "1 día", "2 días"]
    assert days("zh") == ["0天", "1天", "2天"]


def test_amounts_shares_and_dates_are_written_as_the_locale_writes_them():
    def written(tag: str | None) -> list[str]:
        with speaking(tag):
            short = words.money_said(583_600, "USD", short=True)
            return [short, words.money_said(87_540, "USD"), share_text(7.5), date_text(date(2026, 11, 26), year=False)]

    assert written(None) == written("en") == ["USD 5,836", "USD 875.40", "7.5%", "26 November"]
    assert written("es") == ["5.836\u00a0US$", "875,40\u00a0US$", "7,5\u00a0%", "26 de noviembre"]
    assert written("es-MX") == ["USD\u00a05,836", "USD\u00a0875.40", "7.5%", "26 de noviembre"]
    assert written("zh") == ["US$5,836", "US$875.40", "7.5%", "11月26日"]


@pytest.mark.parametrize(
    ("amount", "currency", "said"), [(12_345, "JPY", "12.345\u00a0JPY"), (5, "KWD", "0,005\u00a0KWD")]
)
def test_amounts_have_the_decimals_of_their_currency(amount, currency, said):
    with speaking("es"):
        assert words.money_said(amount, currency) == said


def test_chinese_sentences_follow_each_other_without_a_space():
    with speaking("zh"):
        assert sentences("好的。", "", "谢谢。") == "好的。谢谢。"
    assert sentences("Fine.", "", "Thanks.") == "Fine. Thanks."


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        (None, "I understand. Entiendo. Gracias por su mensaje. Thank you."),
        ("en", "I understand. Thank you."),
        ("es", "Entiendo. Gracias por su mensaje."),
    ],
)
def test_what_a_model_says_in_another_language_than_asked_is_left_out(tag, said):
    with speaking(tag):
        assert words.spoken_part("I understand. Entiendo. Gracias por su mensaje. Thank you.", "") == said


def test_words_of_the_briefing_are_left_out_in_every_language():
    with speaking("es"):
        assert words.spoken_part("Estamos en el segundo peldaño. Gracias por escribir.", "") == "Gracias por escribir."
    with speaking("zh"):
        assert words.spoken_part("我们的底线不变。谢谢您的理解！I see. 我给您减免10%。", "") == "谢谢您的理解！"


def test_a_language_is_told_from_the_others_in_a_sentence():
    assert written_in("Thank you for telling us.", "en")
    assert not written_in("Thank you for telling us.", "es-MX")
    assert not written_in("Merci beaucoup, nous allons trouver une solution ensemble.", "en")
    assert written_in("...", "zh")
