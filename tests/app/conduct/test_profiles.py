from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.conduct.outgoing import checked, may_begin
from app.conduct.profile import PROFILES, Action, ForbiddenWords, Profile, Signal, SignalOutcome, load_profile
from app.conduct.signals import noticed
from plumbing.errors import UserError

NAMES = sorted(file.stem for file in PROFILES.glob("*.toml"))
TRANSCRIPTS = tomllib.loads(Path(__file__).with_name("transcripts.toml").read_text())
RULES = [(name, rule) for name in NAMES for rule in (*load_profile(name).signals, *load_profile(name).words)]


def caught(profile: Profile, rule: Signal | ForbiddenWords, transcript: list[str]) -> bool:
    """By the rule's own patterns; what the classifier hears beside them is measured in tests/screening."""
    speaker, text = transcript[-1].split(": ", 1)
    if isinstance(rule, Signal):
        assert speaker == "debtor"
        return rule.id in {one.signal.id for one in noticed(text, profile) if "code" in one.found_by}
    assert speaker == "creditor"
    return rule.id in {one.rule for one in checked(text, profile, first=False).findings}


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[f"{name}-{rule.id}" for name, rule in RULES])
def test_every_rule_catches_its_transcript_and_passes_its_twin(name, rule):
    profile = load_profile(name)
    assert caught(profile, rule, TRANSCRIPTS[rule.id]["fails"])
    assert not caught(profile, rule, TRANSCRIPTS[rule.id]["passes"])


def test_no_transcript_is_without_a_rule():
    assert {rule.id for _, rule in RULES} == set(TRANSCRIPTS)


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_has_its_source_and_its_date_and_every_stop_its_words(name):
    profile = load_profile(name)
    assert all(rule.source and rule.why and rule.dated for rule in profile.rules)
    assert all(
        one.reply
        for one in profile.signals
        if one.outcome in (SignalOutcome.STOP, SignalOutcome.HAND_OVER, SignalOutcome.PAUSE)
    )
    for signal in profile.signals:
        assert not any(character.isdigit() for character in signal.reply)  # its own words carry no terms
        assert not checked(signal.reply, profile, first=False).findings


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rule", ["distress", "stop_request"])
def test_distress_and_a_stop_request_end_with_a_person_everywhere(name, rule):
    found = next(one for one in load_profile(name).signals if one.id == rule)
    assert found.outcome in (SignalOutcome.HAND_OVER, SignalOutcome.STOP)


def test_of_several_signals_the_gravest_comes_first():
    found = noticed("I was in hospital. I never borrowed this money. Stop writing to me!", load_profile())
    assert [one.signal.outcome for one in found if one.acts] == [
        SignalOutcome.STOP,
        SignalOutcome.PAUSE,
        SignalOutcome.NOTE,
    ]


@pytest.mark.parametrize("text", ["STOP", "stop.", " Unsubscribe ", "“Stop”"])
def test_the_opt_out_word_alone_is_enough(text):
    assert noticed(text, load_profile())[0].signal.id == "stop_request"


def test_invisible_characters_hide_nothing():
    assert noticed("I want to talk to a hu\u200bman", load_profile())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("clock", "allowed"), [("07:59", False), ("08:00", True), ("20:59", True), ("21:00", False), ("03:00", False)]
)
def test_contact_begins_within_the_hours_of_the_profile(name, clock, allowed):
    found = may_begin(load_profile(name), datetime.fromisoformat(f"2026-11-23T{clock}+08:00"), "Asia/Shanghai")
    assert (found is None) == allowed
    assert allowed or found.action is Action.BLOCK


@pytest.mark.parametrize("month", ["01", "07"])
def test_where_nobody_knows_the_place_it_is_time_only_while_it_is_time_everywhere_there(month):
    rules = load_profile("us-reg-f")
    moments = [datetime.fromisoformat(f"2026-{month}-14T00:00+00:00") + timedelta(minutes=15 * at) for at in range(96)]
    open_ = [moment for moment in moments if may_begin(rules, moment, "") is None]
    assert {moment.hour for moment in open_} == {0, 22, 23}
    for zone in rules.hours.zones:
        assert all(may_begin(rules, moment, zone) is None for moment in open_), zone
    assert all("in " in may_begin(rules, one, "").excerpt for one in moments if one not in open_)


def test_rules_of_no_country_ask_for_the_time_zone():
    noon = datetime.fromisoformat("2026-11-23T12:00+00:00")
    assert "time zone is not known" in may_begin(load_profile("neutral"), noon, "").excerpt
    assert may_begin(load_profile("uk-conc"), noon, "") is None


def test_a_profile_with_a_time_zone_that_is_none_is_refused(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("""id = "own"\nname = "own"\nabout = "own"\nextends = "neutral"\n[hours]\nid = "contact_hours"
why = "w"\nsource = "none"\ndated = 2026-11-23\nearliest = 08:00:00\nlatest = 21:00:00\nzones = ["Europe"]\n""")
    with pytest.raises(UserError, match="'Europe' is no time zone"):
        load_profile(str(own))
    own.write_bytes("# caf\xe9".encode("latin-1"))
    with pytest.raises(UserError, match="cannot read the conduct profile"):
        load_profile(str(own))


def test_first_notices_come_once_and_the_others_every_time():
    first, later = (checked("Our offer stands.", load_profile("us-reg-f"), first=one).text for one in (True, False))
    assert "attempt to collect a debt" in first
    assert "automated assistant" in first
    assert "attempt to collect a debt" not in later
    assert "from a debt collector" in first
    assert "from a debt collector" in later
    assert later.endswith("Our offer stands.")


def test_a_breach_is_taken_out_and_the_rest_leaves_as_it_was_written():
    found = checked(
        "Good morning, Ms Li. Pay or you will be arrested. Our offer is 12 instalments.", load_profile(), first=False
    )
    assert found.text == "Good morning, Ms Li. Our offer is 12 instalments."
    assert not found.blocked
    assert [one.action for one in found.findings] == [Action.REPAIR]


def test_words_that_are_nothing_but_a_breach_do_not_leave():
    found = checked("You will be arrested.", load_profile(), first=True)
    assert found.blocked
    assert found.text == ""


def test_a_soft_breach_leaves_with_a_warning():
    found = checked("We will sue you next month.", load_profile(), first=False)
    assert [one.action for one in found.findings] == [Action.WARN]
    assert found.text == "We will sue you next month."


def test_a_request_for_a_secret_blocks_the_whole_message():
    found = checked("Good morning. Tell me your password.", load_profile(), first=False)
    assert found.blocked
    assert found.text == ""


def test_figures_with_points_are_no_ends_of_sentences():
    text = "Our offer is CNY 1,546.50 a month. You will go to jail. That is 12.5% less."
    assert checked(text, load_profile(), first=False).text == "Our offer is CNY 1,546.50 a month. That is 12.5% less."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('id = "x"\nname = "X"\nabout = "."\nodd = 1', "odd"),
        ('id = "x"\nname = "X"\nabout = "."\n[[signals]]\nid = "a"\nwhy="w"\nsource="s, p. 1"\ndated=2026-01-01\n'
         'outcome="stop"\npatterns = ["("]', "patterns|missing"),
        ('id = "x"\nname = "X"\nabout = "."\nextends = "nobody"', "no conduct profile nobody"),
        ("id = ", "cannot read"),
    ],
)  # fmt: skip
def test_a_damaged_profile_is_told_in_a_sentence(tmp_path, content, said):
    path = tmp_path / "own.toml"
    path.write_text(content)
    with pytest.raises(UserError, match=said):
        load_profile(str(path))


def test_an_own_profile_extends_another_rule_by_rule(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        'id = "own"\nname = "Own"\nabout = "."\nextends = "neutral"\nsoft_breaches = "block"\n'
        '[[signals]]\nid = "distress"\nreply = "Take care."\nmore_patterns = ["very sad"]\n'
    )
    own, base = load_profile(str(path)), load_profile()
    assert len(own.signals) == len(base.signals)
    found = noticed("I am very sad", own)[0].signal
    assert (found.id, found.reply, found.outcome) == ("distress", "Take care.", SignalOutcome.HAND_OVER)
    assert noticed("I think of suicide", own)
    assert checked("We will sue you next month.", own, first=False).blocked


def test_profiles_that_extend_each_other_are_told(tmp_path):
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(f'id = "one"\nextends = "{two}"')
    two.write_text(f'id = "two"\nextends = "{one}"')
    with pytest.raises(UserError, match="in a circle"):
        load_profile(str(one))
