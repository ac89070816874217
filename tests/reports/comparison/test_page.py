from __future__ import annotations

import json
import re
import sys

import pytest

from plumbing.errors import UserError
from programs.artifacts.diff import ArtifactDiff, Change, predictor_diff
from programs.comparison.looks import Looks
from programs.comparison.paired import Comparison, DifferenceVerdict
from programs.models.accounts import Cost
from programs.playing.evaluate import Evaluation
from reports.comparison.page import render
from tests.reports.comparison.conftest import HOSTILE, Judged, hostile, judge, with_turns
from tests.reports.comparison.pages import Figures, at, leaves

TWICE = re.compile(r"difference_90\.(mean|n)$|slices\.\d+\.objective\.difference\.n$|same_program$")
"""What stands in the JSON a second time: the page shows it once."""


@pytest.fixture(scope="module")
def page(judged: Judged) -> str:
    return render(judged.comparison, judged.evaluations)


@pytest.fixture(scope="module")
def figures(page: str) -> Figures:
    return Figures(page)


def dump(judged: Judged) -> dict:
    return json.loads(judged.comparison.model_dump_json())


class TestNumbers:
    def test_every_figure_is_that_of_the_json(self, judged, figures):
        expected = dump(judged)
        assert len(figures.found) > 1000
        for key, value, _ in figures.found:
            assert json.loads(value) == at(expected, key), key

    def test_every_figure_of_the_json_is_on_the_page(self, judged, figures):
        shown = {key for key, _, _ in figures.found}
        missing = [key for key in leaves(dump(judged)) if key not in shown and not TWICE.search(key)]
        assert missing == []

    def test_what_is_read_is_what_is_carried(self, figures):
        for key, value, text in figures.found:
            carried = json.loads(value)
            if isinstance(carried, bool) or not isinstance(carried, int | float):
                assert text == {True: "yes", False: "no", None: text}.get(carried, carried), key
            elif text == "< 0.001":
                assert carried < 0.001
            else:
                decimals = len(text.partition(".")[2])
                read = float(text.replace("−", "-").replace(",", ""))
                assert read == pytest.approx(carried, abs=0.5001 * 10**-decimals), key

    def test_a_page_of_one_debtor_has_no_intervals(self):
        alone = judge(["boulware", "hardball"], debtors=1)
        page = render(alone.comparison, alone.evaluations)
        assert ("pairs.0.metrics.CRI.difference.low", "null", "none") in Figures(page).found
        assert "too few debtors" in page


class TestVerdicts:
    def test_each_pair_has_its_sentence_and_badge_on_top(self, judged, page):
        top = page[: page.index('id="played"')]
        for pair in judged.comparison.pairs:
            assert pair.objective.verdict is DifferenceVerdict.BETTER
            assert f"{pair.program} is better than hardball (objective +" in top
        assert top.count('class="badge better"') == 2

    def test_a_program_against_itself_is_said_to_be_the_same(self):
        same = judge(["boulware", "boulware"], ["boulware", "boulware (2)"])
        page = render(same.comparison, same.evaluations)
        assert "boulware (2) is the same program as boulware" in page
        assert page.count("There is none.") == 2

    def test_notes_and_looks_are_told(self, small):
        noted = small.comparison.model_copy(update={"notes": ("mind the gap",)})
        looks = Looks(comparisons=3, programs=5, by_program={"hardball": 3, "boulware": 2})
        page = render(noted, small.evaluations, looks=looks)
        assert "Note: mind the gap." in page
        assert f"Note: {looks.sentence}." in page
        assert "hardball 3, boulware 2" in page
        told = small.comparison.model_copy(update={"notes": (looks.sentence,)})
        assert render(told, small.evaluations, looks=looks).count(looks.sentence) == 1


class TestOneFile:
    def test_nothing_is_fetched_and_nothing_runs(self, page, figures):
        assert not re.search(r"https?:", page)
        assert "<script" not in page
        for tag, given in figures.tags:
            assert tag not in ("img", "iframe", "object", "embed", "form")
            assert not [name for name in given if name.startswith("on")]
            for name in ("href", "src", "xlink:href"):
                assert (given.get(name) or "#").startswith(("#", "data:,")), given
        assert "default-src 'none'" in page

    def test_the_same_input_gives_the_same_bytes(self, judged, page):
        assert render(judged.comparison, judged.evaluations) == page

    def test_ids_are_unique_and_every_reference_leads_somewhere(self, page, figures):
        ids = [given["id"] for _, given in figures.tags if "id" in given]
        assert len(ids) == len(set(ids))
        referred = {given[name][1:] for _, given in figures.tags for name in ("href", "xlink:href") if name in given}
        clips = set(re.findall(r"url\(#([^)]+)\)", page))
        assert (referred - {"ata:,"}) | clips <= set(ids)

    def test_size_is_sane(self, page):
        assert len(page.encode()) < 1_500_000  # ten talks of two pairs, both sides; the book's whole split adds dots

    def test_every_plot_has_words_instead(self, figures):
        plots = [given for tag, given in figures.tags if tag == "svg" and given.get("class") == "plot"]
        assert len(plots) == 7  # forest and slices twice, plane, concessions, endings
        assert all(given["role"] == "img" and len(given["aria-label"] or "") > 20 for given in plots)


@pytest.fixture(scope="module")
def attacked() -> str:
    found = judge(["hardball", "boulware"], ["<b>\"$x_{1$&'", "_y$ </style><script>"])
    return render(found.comparison, [with_turns(one, hostile) for one in found.evaluations])


class TestUntrustedWords:
    def test_markup_in_words_thoughts_and_notes_is_shown_not_obeyed(self, attacked):
        assert "<script" not in attacked
        assert "<img" not in attacked
        assert attacked.count("&lt;script&gt;window.hacked = 1&lt;/script&gt;") > 20
        Figures(attacked)  # tags still match

    def test_control_and_direction_codes_are_left_out(self, attacked):
        assert "\u202e" not in attacked
        assert "\x07" not in attacked

    def test_labels_are_escaped_everywhere(self, attacked):
        assert '<b>"$' not in attacked
        assert "&lt;b&gt;&#34;$x_{1$&amp;&#39;" in attacked

    def test_prompts_are_escaped(self, small):
        state = {"signature": {"instructions": HOSTILE, "fields": []}, "demos": [{"words": HOSTILE}]}
        changed = predictor_diff(None, state)
        diff = ArtifactDiff("a@1", "a@2", False, (Change("rungs", HOSTILE, None),), {"p": changed}, (), (), ())
        page = render(small.comparison, small.evaluations, diffs=[diff])
        assert "<script" not in page
        assert page.count("&lt;script&gt;") >= 3


class TestPrompts:
    def test_instructions_and_demos_stand_side_by_side(self, small):
        old = {"signature": {"instructions": "Keep.\nOffer a discount.", "fields": []}, "demos": []}
        new = {"signature": {"instructions": "Keep.\nOffer time.", "fields": []}, "demos": [{"words": "Hold."}]}
        settings = (Change("rungs", 8, None),)
        diff = ArtifactDiff("a@1", "a@2", False, settings, {"planner": predictor_diff(old, new)}, (), (), ())
        page = render(small.comparison, small.evaluations, diffs=[diff])
        assert '<td class="old">Offer <del>a discount</del>.</td><td class="new">Offer <ins>time</ins>.</td>' in page
        assert "<td>Keep.</td><td>Keep.</td>" in page
        assert '<th scope="row">rungs</th><td>8</td><td>none</td>' in page
        assert "Demonstrations: 0 removed, 1 added" in page
        assert '<td></td><td class="new"><ins>words: Hold.</ins></td>' in page


class TestNegotiations:
    def test_best_and_worst_are_there_with_moves_and_schedule(self, page):
        assert 10 < page.count('<details class="duel">') <= 20
        assert "asks: discount 0% | first 50% in 1 d | 3 instalments" in page
        assert "Known to the debtor alone: Income CNY" in page
        assert "left to pay" in page

    def test_guard_and_judge_are_told_apart(self, small):
        def repaired(turn):
            notes = ("guard: the offer was outside the policy", "judge: sent back (too soft)", "else")
            return turn.model_copy(update={"proposed": turn.move, "notes": notes, "thoughts": "Hold."})

        page = render(small.comparison, [with_turns(one, repaired) for one in small.evaluations])
        assert '<p class="note guard"><b>guard</b> the offer was outside the policy</p>' in page
        assert '<p class="note judge"><b>judge</b> sent back (too soft)</p>' in page
        assert '<p class="note note"><b>note</b> else</p>' in page
        assert "<b>before the guard</b> asks: discount" in page
        assert "Thinks: Hold." in page

    def test_trials_are_named_where_there_are_several(self):
        found = judge(["hardball", "boulware"], trials=2, debtors=8)
        page = render(found.comparison, found.evaluations)
        assert re.search(r"</strong>, trial [12]:", page)
        assert "kept in 2 of 2 trials" in page


class TestCost:
    def test_costs_are_listed_by_program(self, small):
        page = render(small.comparison, small.evaluations, costs={"boulware": Cost(calls=1234, money_usd=None)})
        section = page[page.index('id="cost"') :]
        assert '<td class="n">1,234</td>' in section
        assert '<td class="n">unknown</td>' in section
        assert section.count("not written down, or no model") == 1

    def test_without_calls_it_says_so(self, page):
        assert "No model was called in this run." in page


class TestMistakes:
    @pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
    def test_a_missing_library_is_one_sentence(self, small, monkeypatch, package):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(UserError, match=rf'needs the package {package}, .* run pip install "maden\[report\]"'):
            render(small.comparison, small.evaluations)

    def test_evaluations_of_another_comparison_are_refused(self, small):
        with pytest.raises(UserError, match="2 programs, but 1 evaluations"):
            render(small.comparison, small.evaluations[:1])

    def test_a_comparison_read_back_from_its_json_makes_the_same_page(self, judged, page):
        again = Comparison.model_validate_json(judged.comparison.model_dump_json())
        assert render(again, [Evaluation(one.played) for one in judged.evaluations]) == page
