"""A negotiation and its page in each language: what the account says, what the browser prefers, what is chosen."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.conversation.plans.plan_text import in_money
from app.conversation.plans.repayment_plan import Payment, Plan
from app.database.stored_rows import messages_of, row_of
from app.rendering import page
from screening.languages import written_in
from tests.app.desk import CASE, desk_lm
from tests.app.served import served
from tests.programs.cases import terms
from wording import LANGUAGES, say_in, speaking
from wording.tags import SOURCE

MODEL = {
    "en": "Let us find a plan together.",
    "es": "Busquemos juntos un plan que pueda cumplir.",
    "zh": "我们一起来找一个可行的方案。",
}
NOTICE = "You are writing with an automated assistant of the creditor. You can ask for a person at any time."


@pytest.fixture(params=LANGUAGES)
def tag(request):
    return request.param


def begun(house, **asked) -> tuple[str, str]:
    """A negotiation's id and its debtor's link."""
    answer = house.operator("POST", "/negotiations", json={"case_id": CASE, "asked_for": True, **asked})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.json()["link"]


@pytest.fixture
def house(tmp_path, tag):
    with served(tmp_path, desk_lm(MODEL[tag])) as running:
        running.log_in()
        yield running


def test_everything_that_a_debtor_is_sent_is_in_one_language(house, tag):
    _, link = begun(house, language=tag)
    assert f"?lang={tag}#" in link
    token = link.split("#")[1]
    opening = house.settled(token)["messages"][0]
    assert opening["language"] == tag
    assert opening["text"].startswith(say_in(tag, NOTICE))
    assert MODEL[tag] in opening["text"]
    for text in ("20 monthly instalments?", "fine, 12 monthly instalments or 15 monthly instalments", "goodbye"):
        house.debtor(token, "POST", "/messages", json={"text": text})
        view = house.settled(token)
    house.debtor(token, "POST", "/person")
    house.debtor(token, "POST", "/messages", json={"text": "I want to kill myself."})
    view = house.settled(token)
    said = [one["text"] for one in view["messages"] if one["sender"] != "you"]
    said += [one["understood"] for one in view["messages"] if one["understood"]]
    assert len(said) >= 6
    for text in said:
        for sentence in re.findall(r"[^.!?。！？\n]+[.!?。！？]", text):
            if sum(map(str.isalpha, sentence)) > 8 and "monthly" not in sentence:
                assert written_in(sentence, tag), sentence


def test_an_offer_is_said_in_money_and_dates(house, tag):
    found, link = begun(house, language=tag)
    text = house.settled(link.split("#")[1])["messages"][0]["text"]
    plan = house.parts.negotiations.accept_offer(found)
    with speaking(tag):
        assert in_money(plan) in text
    with house.parts.negotiations.database.reading() as session:
        (turn,) = [one.turn for one in messages_of(session, found)]
    assert str(plan.payments[0].due.year) not in turn["dialogue"]  # what models and metrics read is as it was


MONEY = {
    "en": "That is USD 5,836 by 26 November, then 9 monthly payments of USD 875.40 and a last one of USD 875.42.",
    "es": "Es decir, 5.836\u00a0US$ a más tardar el 26 de noviembre, y después 9 pagos mensuales de 875,40\u00a0US$ "
    "y un último de 875,42\u00a0US$.",
    "zh": "即最迟11月26日支付US$5,836，之后每月支付US$875.40，共9次，最后再支付一次US$875.42。",
}


def test_a_plan_in_one_sentence(tag):
    days = [date(2026, 11, 26), *(date(2026, 12, day) for day in range(1, 11))]
    amounts = [583_600, *[87_540] * 9, 87_542]
    payments = tuple(Payment(due=day, amount_minor=amount) for day, amount in zip(days, amounts, strict=True))
    total = sum(amounts)
    plan = Plan(
        terms=terms(0, 40, 7, 10),
        currency="USD",
        outstanding_minor=total,
        forgiven_minor=0,
        total_minor=total,
        payments=payments,
        accepted_by="debtor",
    )
    with speaking(tag):
        assert in_money(plan) == MONEY[tag]


def test_the_account_says_the_language_and_whoever_is_not_known_speaks_the_houses(tmp_path):
    with served(tmp_path, desk_lm(MODEL["es"])) as running:
        running.log_in()
        book = running.parts.negotiations.house.book
        (one,) = book.cases
        spanish = one.model_copy(update={"debtor": one.debtor.model_copy(update={"language": "es-MX"})})
        object.__setattr__(running.parts.negotiations.house, "book", type(book)((spanish,), book.source))
        _, link = begun(running)
        assert "?lang=es-MX#" in link
        view = running.settled(link.split("#")[1])
        assert (view["language"], view["language_known"]) == ("es-MX", True)
        assert view["messages"][0]["text"].startswith(say_in("es", NOTICE))


def test_a_debtor_of_whom_nobody_knows_chooses_and_what_was_said_stays(tmp_path):
    with served(tmp_path) as running:
        running.log_in()
        found, link = begun(running)
        token = link.split("#")[1]
        assert "?lang=" not in link
        before = running.settled(token)
        assert (before["language"], before["language_known"]) == (SOURCE, False)
        assert running.debtor(token, "POST", "/language", json={"language": "es"}).status_code == 204
        running.debtor(token, "POST", "/messages", json={"text": "20 monthly instalments?"})
        after = running.settled(token)
        assert (after["language"], after["language_known"]) == ("es", True)
        assert [one["language"] for one in after["messages"]] == ["en", None, "es"]
        assert after["messages"][0] == before["messages"][0]
        assert "Nuestra oferta" in after["messages"][-1]["text"]
        assert "Let us find" not in after["messages"][-1]["text"]  # the scripted model goes on in English
        again = running.operator("POST", f"/negotiations/{found}/link").json()["link"]
        assert "?lang=es#" in again
        with running.parts.negotiations.database.reading() as session:
            assert row_of(session, found).language == "es"


@pytest.mark.parametrize("language", ["pl", "xx", "es-??", "", "x" * 50])
def test_a_language_that_is_not_spoken_is_refused_in_one_sentence(tmp_path, language):
    with served(tmp_path) as running:
        running.log_in()
        _, link = begun(running)
        answer = running.debtor(link.split("#")[1], "POST", "/language", json={"language": language})
        assert answer.status_code == 422
        assert len(answer.json()["detail"]) < 200
        asked = {"case_id": CASE, "asked_for": True, "language": language}
        assert running.operator("POST", "/negotiations", json=asked).status_code == 422


@pytest.mark.parametrize(
    ("query", "accepted", "cookie", "tag"),
    [
        ("", "", "", "en"),
        ("", "es-AR,es;q=0.9", "", "es-AR"),
        ("?lang=zh", "es", "", "zh"),
        ("?lang=xx", "es", "", "es"),
        ("?lang=%22%3E", "", "", "en"),
        ("", "es", "zh", "zh"),
        ("", "fr", "nonsense", "en"),
    ],
)
@pytest.mark.parametrize("path", ["/negotiation", "/operator"])
def test_a_page_is_in_the_language_of_its_address_of_the_switch_or_of_the_browser(
    tmp_path, path, query, accepted, cookie, tag
):
    with served(tmp_path) as running:
        headers = {"Accept-Language": accepted} | ({"Cookie": f"maden_language={cookie}"} if cookie else {})
        shown = running.client.get(f"{path}{query}", headers=headers).text
    assert f'<html lang="{tag}">' in shown
    title = "Your repayment plan" if path == "/negotiation" else "Negotiations"
    assert f"<title>{say_in(tag, title)}</title>" in shown
    catalogue = json.loads(re.search(r'id="catalogue">(.*?)</script>', shown)[1])
    assert catalogue["locale"] == {"en": "en-GB"}.get(tag, tag)


def test_no_sentence_of_a_page_stays_in_english(tag):
    text = page("negotiation", tag).body.decode() + page("operator", tag).body.decode()
    shown = re.findall(
        r">([^<>{}]*[A-Za-z]{3}[^<>{}]*)<", re.sub(r"(?s)<script.*?</script>|<option.*?</option>", "", text)
    )
    if tag != SOURCE:
        assert not [one for one in shown if not written_in(one, tag) and "JavaScript" not in one], shown


def test_a_refusal_is_in_the_language_that_was_asked_in(tmp_path):
    with served(tmp_path) as running:
        for tag in LANGUAGES:
            answer = running.client.get("/api/negotiations", headers={"Accept-Language": tag})
            assert answer.json()["detail"] == say_in(tag, "log in first")
            bad = running.debtor("forged", "GET", "/negotiation", headers={"Accept-Language": tag})
            assert bad.json()["detail"] == say_in(tag, "this link is not valid; open it exactly as it was sent to you")


def test_the_operators_view_is_in_the_operators_language_not_in_the_debtors(house, tag):
    found, link = begun(house, language=tag)
    token = link.split("#")[1]
    house.settled(token)
    house.debtor(token, "POST", "/messages", json={"text": "I dispute this debt. I have cancer."})
    house.settled(token)
    for other in LANGUAGES:
        view = house.operator("GET", f"/negotiations/{found}")
        assert view.status_code == 200
        answer = house.client.get(f"/api/negotiations/{found}", headers={"Accept-Language": other}).json()
        assert answer["language"] == tag
        assert answer["findings"][0]["name"] == say_in(other, "dispute")
        why = "a debt that is disputed is looked at before it is collected"
        assert answer["findings"][0]["why"] == say_in(other, why)
        assert answer["messages"][0]["text"].startswith(say_in(tag, NOTICE))
        score = house.client.get(f"/api/negotiations/{found}/score", headers={"Accept-Language": other}).json()
        assert score["values"]["RR"]["name"] == say_in(other, "recovery rate")


@pytest.mark.parametrize(("language", "status"), [("es", "open"), ("en", "with_a_person")])
def test_who_speaks_no_english_is_handed_over_only_where_english_is_spoken(tmp_path, language, status):
    with served(tmp_path, desk_lm(MODEL[language])) as running:
        running.log_in()
        _, link = begun(running, language=language)
        token = link.split("#")[1]
        running.settled(token)
        running.debtor(token, "POST", "/messages", json={"text": "Perdone, no hablo inglés, solo español."})
        assert running.settled(token)["status"] == status
