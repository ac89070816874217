"""What a compile may take, before its first call: negotiations, calls, tokens, money, minutes.

Ranges, from negotiations that were played and counted; a price that nobody lists is None and said to be unknown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import dspy

from optimizers.compile_config import CompileConfig
from optimizers.spending.budget import Limits, Spent
from programs.kinds.kind import CallSizes, KindWords
from programs.kinds.kind import Span as Range
from programs.kinds.known import kind_named
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models.embedded.engine import EmbeddedEngine
from programs.models.embedded.processor import usable_cores
from programs.models.remote import price_usd

DEBTOR_CALLS_PER_NEGOTIATION = Range(2, 10)
"""More with `--debtor lm`: one a debtor's turn."""
REASONING_TOKENS_OUT = 2000
"""Most that a reply of a reasoning model usually takes: what it thinks is billed as well."""
PROPOSAL_TOKENS_IN, PROPOSAL_TOKENS_OUT = Range(500, 6000), Range(50, 800)
"""Of one call that writes an instruction."""


@dataclass(frozen=True)
class CompileEstimate:
    """What a compile may take; every range is for the most negotiations that it can play."""

    negotiations: int
    """Still to be played at most."""
    played: int
    """In the ledger already."""
    calls: Range
    tokens_in: Range
    tokens_out: Range
    money_usd: Range | None
    """None: the price of a model is unknown."""
    unpriced: tuple[str, ...]
    """Models whose price is unknown."""
    minutes_at: str
    """What the minutes were reckoned with."""
    minutes: Range | None
    """Of the embedded model's calls; None where there are none, since nobody knows how fast a provider is."""
    embedded: bool
    """Whether every call goes to the embedded model."""
    calls_to_first_score: Range
    """Calls until the uncompiled program is measured on validation; halted before, a compile has nothing to save."""
    words: KindWords = NEGOTIATIONS.words


@dataclass(frozen=True)
class _Part:
    """Calls of one kind to one model."""

    lm: dspy.LM
    calls: Range
    tokens_in: Range
    """Per call."""
    tokens_out: Range

    def money_usd(self) -> Range | None:
        # Priced call by call: some models charge more for tokens beyond a length, which no single call reaches.
        low = price_usd(self.lm, self.lm.model, round(self.tokens_in.low), round(self.tokens_out.low))
        high = price_usd(self.lm, self.lm.model, round(self.tokens_in.high), round(self.tokens_out.high))
        return None if low is None or high is None else Range(low * self.calls.low, high * self.calls.high)


def estimate(
    config: CompileConfig,
    negotiations: int,
    lm: dspy.LM,
    prompt_lm: dspy.LM | None = None,
    *,
    proposes: bool = False,
    played: int = 0,
) -> CompileEstimate:
    """The estimate of one compile; calls nothing.

    Args:
        config: of the compile.
        negotiations: played at most (`Session.negotiations`).
        lm: of the program, and of a debtor that a model plays.
        prompt_lm: proposes instructions; None: `lm` does.
        proposes: whether the strategy has instructions proposed (`Strategy.proposes`).
        played: negotiations that the ledger of a resumed run holds.
    """
    left = max(0, negotiations - played)
    parts = [_playing(config, lm, left)]
    if proposes:
        parts.append(_proposing(config, prompt_lm or lm))
    parts = [part for part in parts if part.calls.high]
    money = [part.money_usd() for part in parts]
    embedded = [part for part in parts if isinstance(part.lm.engine, EmbeddedEngine)]
    first = max(0, config.val - played)
    return CompileEstimate(
        negotiations=left,
        played=played,
        calls=_sum(part.calls for part in parts),
        tokens_in=_sum(_times(part.calls, part.tokens_in) for part in parts),
        tokens_out=_sum(_times(part.calls, part.tokens_out) for part in parts),
        money_usd=None if None in money else _sum(money),
        unpriced=tuple(dict.fromkeys(p.lm.model for p, usd in zip(parts, money, strict=True) if usd is None)),
        minutes_at=_minutes_at(embedded, _sizes(config)),
        minutes=_minutes(embedded, _sizes(config)),
        embedded=len(embedded) == len(parts),
        calls_to_first_score=_times(_calls_per_negotiation(config), Range(first, first)),
        words=kind_named(config.program).words,
    )


def lines(found: CompileEstimate, limits: Limits | None = None, spent: Spent | None = None) -> list[str]:
    """The estimate for the user, a sentence each, with what the caps would cut off.

    Args:
        found: the estimate.
        limits: caps of the run, over all its sessions.
        spent: what earlier sessions of a resumed run have used up of them.
    """
    known = f", {found.played} more are in the ledger" if found.played else ""
    said = [
        f"at most {found.negotiations} {found.words.record}s{known}, about {_span(found.calls)} model calls",
        f"about {_span(found.tokens_in)} tokens in and {_span(found.tokens_out)} out",
        _money_line(found),
    ]
    if found.minutes is not None:
        said.append(f"about {_span(found.minutes)} minutes {found.minutes_at}; answered calls come from the cache")
    return [*said, *_cap_lines(found, limits or Limits(), spent or Spent(0, 0.0, 0.0))]


def _money_line(found: CompileEstimate) -> str:
    if found.embedded:
        return "no bill: the embedded model runs on this machine"
    if found.money_usd is None:
        return (
            f"what it costs is unknown: no price is listed for {' and '.join(found.unpriced)}; "
            "--max-calls caps it all the same"
        )
    return f"about {_usd(found.money_usd)} USD at LiteLLM's list prices; answered calls come from the cache"


def _cap_lines(found: CompileEstimate, limits: Limits, spent: Spent) -> list[str]:
    said = []
    if limits.max_calls is not None:
        said.append(_cap_line(f"--max-calls {limits.max_calls:,}", limits.max_calls, spent.calls, found.calls))
        if limits.max_calls - spent.calls < found.calls_to_first_score.high:
            said.append(
                f"measuring the uncompiled program alone takes {_span(found.calls_to_first_score)} calls: "
                "stopped before that, the compile has nothing to save"
            )
    if limits.max_usd is not None:
        flag = f"--max-usd {limits.max_usd:g}"
        unknown = f"{flag} cannot be kept while a price is unknown"
        said.append(_cap_line(flag, limits.max_usd, spent.usd, found.money_usd, unknown))
    if limits.max_minutes is not None:
        flag = f"--max-minutes {limits.max_minutes:g}"
        unknown = f"{flag} stops the compile then, whatever is done; the best candidate so far is saved"
        said.append(_cap_line(flag, limits.max_minutes, spent.minutes, found.minutes, unknown))
    return said


def _cap_line(flag: str, cap: float, spent: float | None, found: Range | None, unknown: str = "") -> str:
    """What a cap would do, of which `spent` is used up; `unknown` where nobody can say."""
    if spent is None or found is None:
        return unknown
    left = max(0.0, cap - spent)
    if spent:
        flag += f", of which {_significant(left)} are left,"
    if left >= found.high:
        return f"{flag} is above the estimate and should cut nothing off"
    where, may = ("below", "will") if left < found.low else ("within", "may")
    return (
        f"{flag} is {where} the estimate: the compile {may} be stopped after {left / found.high:.0%} of the highest "
        "estimate; the best candidate so far is saved"
    )


def _playing(config: CompileConfig, lm: dspy.LM, negotiations: int) -> _Part:
    """The calls of the negotiations."""
    calls = _times(_calls_per_negotiation(config), Range(negotiations, negotiations))
    sizes = _sizes(config)
    demos = min(config.strategy.max_demos * sizes.tokens_in_per_demo, config.strategy.demo_token_budget)
    tokens_in = Range(sizes.tokens_in.low, sizes.tokens_in.high + demos)
    return _Part(lm, calls, tokens_in, _replies(lm, sizes.tokens_out))


def _proposing(config: CompileConfig, lm: dspy.LM) -> _Part:
    """The calls that write instructions: up to one a candidate (a trial in GEPA) and predictor."""
    settings, predictors = config.strategy, _sizes(config).predictors
    most = max(settings.candidates, settings.trials) * predictors
    return _Part(lm, Range(min(most, predictors), most), PROPOSAL_TOKENS_IN, _replies(lm, PROPOSAL_TOKENS_OUT))


def _calls_per_negotiation(config: CompileConfig) -> Range:
    own = _sizes(config).calls
    return _sum((own, DEBTOR_CALLS_PER_NEGOTIATION)) if config.debtor == "lm" else own


def _sizes(config: CompileConfig) -> CallSizes:
    return kind_named(config.program).sizes(config.program)


def _replies(lm: dspy.LM, usual: Range) -> Range:
    """Tokens of a reply; a model without a length limit is a reasoning model (`programs.models.make.make_lm`)."""
    limited = any(lm.kwargs.get(name) for name in ("max_tokens", "max_completion_tokens"))
    return usual if limited else Range(usual.low, max(usual.high, REASONING_TOKENS_OUT))


def _minutes(parts: list[_Part], sizes: CallSizes) -> Range | None:
    if not parts:
        return None
    low, high = _sum(_times(part.calls, _seconds_per_call(part.lm, sizes) or sizes.embedded_seconds) for part in parts)
    return Range(low / 60, high / 60)


def _minutes_at(parts: list[_Part], sizes: CallSizes) -> str:
    known = all(_seconds_per_call(part.lm, sizes) for part in parts)
    return "at the speed that the model had on this machine before" if known else "on two idle cores"


def _seconds_per_call(lm: dspy.LM, sizes: CallSizes) -> Range | None:
    """From what the model was measured with on this machine; None where it was not yet."""
    speeds = lm.engine.speeds
    reading, writing = speeds.usual_reading, speeds.usual_writing(lm.engine.settings.threads or usable_cores())
    if not reading or not writing:
        return None
    low, high = (new / reading + out / writing for new, out in zip(sizes.new_tokens, sizes.tokens_out, strict=True))
    return Range(low, high)


def _sum(ranges: Any) -> Range:
    found = list(ranges)
    return Range(sum(r.low for r in found), sum(r.high for r in found))


def _times(first: Range, second: Range) -> Range:
    return Range(first.low * second.low, first.high * second.high)


def _span(found: Range) -> str:
    low, high = _rounded(found.low), _rounded(found.high)
    return low if low == high else f"{low} to {high}"


def _usd(found: Range) -> str:
    low, high = (_significant(value) for value in found)
    return low if low == high else f"{low} to {high}"


def _rounded(value: float) -> str:
    """Whole, from a thousand on with two significant digits: more would feign precision."""
    return f"{value:,.0f}" if value < 1000 else _significant(value)


def _significant(value: float) -> str:
    """Two significant digits, so that neither a small bill reads as 0 nor a large one as exact."""
    return "0" if not value else f"{float(f'{value:.1e}'):,.{max(0, 1 - math.floor(math.log10(abs(value))))}f}"
