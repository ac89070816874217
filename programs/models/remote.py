"""Models behind LiteLLM: the retries that DSPy means to make, and quiet.

Measured with DSPy 3.4.1 and LiteLLM 1.106: DSPy tries a failed call again after 1, 2, 4, ... seconds and would
honour a server's Retry-After, but never sees it, since LiteLLM hands the headers on under a name that DSPy does not
read. So DSPy's retries are off here and `RemoteLM` makes its own; LiteLLM's and the SDKs' are off in any case.
"""

from __future__ import annotations

import itertools
import json
import logging
import random
from typing import Any

import dspy
from dspy.utils.exceptions import is_retryable_lm_error

from programs.models.accounts import entry_of, own_price, was_cached
from programs.models.pace import nap, pace_of
from programs.models.retryable import retry_after

RETRIES = 4
"""Attempts after the first; with waits of 1, 2, 4 and 8 s they bridge about a quarter of a minute."""
LONGEST_WAIT_S = 60.0
"""A server that asks for a longer wait is not waited for: the failure is raised, and says how long it asked."""
BYTES_PER_TOKEN = 2
SELF_HOSTABLE = {"openai", "hosted_vllm", "llamafile", "ollama", "ollama_chat"}
"""Providers whose servers all take a JSON schema for the reply."""

logger = logging.getLogger(__name__)


class RemoteLM(dspy.LM):
    """A model behind LiteLLM that waits out rate limits and short outages, and is sent the reply's schema.

    All threads that use one model keep one pace (programs.models.pace): a wait that the server asks of one holds for
    all.
    """

    def __init__(self, model: str, **settings: Any) -> None:
        super().__init__(model, engine="litellm", num_retries=0, **settings)
        self.retries = RETRIES

    def __call__(self, prompt: str | None = None, *, messages: Any = None, **settings: Any) -> Any:
        """One call, tried again after passing failures: rate limit, timeout, server and connection errors.

        Raises:
            dspy.utils.exceptions.LMError: the last attempt's failure, or a lasting one at once.
        """
        pace, tokens = pace_of(self.model), self._estimate(prompt, messages, settings)
        for attempt in itertools.count():
            ticket = pace.wait(tokens)
            try:
                outputs = super().__call__(prompt, messages=messages, **settings)
            except Exception as error:
                nap(self._wait_after(error, attempt))
            else:
                pace.settle(ticket, self._tokens_used(outputs))
                return outputs
        raise AssertionError("never reached: the loop has no end")

    def _wait_after(self, error: Exception, attempt: int) -> float:
        """Seconds that this worker alone waits after a failure; raises `error` when trying again is no use.

        A wait that the server asked for is told to the pace instead, which holds every worker of the model.
        """
        wait = wait_before_retry(error, attempt) if attempt < self.retries else None
        asked = retry_after(error) if is_retryable_lm_error(error) else None
        if asked is not None and asked <= LONGEST_WAIT_S:
            pace_of(self.model).pause(asked)
            wait = None if wait is None else 0.0
        if wait is None:
            raise error
        logger.info("%s: %s; trying again", self.model, type(error).__name__)
        return wait

    def _estimate(self, prompt: str | None, messages: Any, settings: dict[str, Any]) -> int:
        """About how many tokens a call takes, prompt and reply; counted where a limit a minute is set only."""
        if pace_of(self.model).limits.tpm is None:
            return 0
        reply = {**self.kwargs, **settings}.get("max_tokens") or 0
        return most_tokens([prompt, messages, settings.get("response_format")]) + reply

    def _tokens_used(self, outputs: Any) -> int | None:
        """Tokens of an answered call, None when it came from a cache."""
        entry = entry_of(self, outputs)
        return None if was_cached(entry) else (entry.get("usage") or {}).get("total_tokens") or 0

    @property
    def supports_response_schema(self) -> bool:
        """Whether the signature's schema is sent along.

        LiteLLM's table does not list models on servers of the user's own, and DSPy would ask those for *some* JSON
        only, while vLLM, llama.cpp, LM Studio and Ollama all hold replies to a schema; small models need it most.
        """
        return self._provider_name in SELF_HOSTABLE or bool(super().supports_response_schema)


def wait_before_retry(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before trying again, None when trying again is no use.

    What the server asks for, else 2**attempt with up to a quarter more, so that parallel workers that failed
    together do not come back together.
    """
    if not is_retryable_lm_error(error):
        return None
    asked = retry_after(error)
    if asked is None:
        return min(2.0**attempt, LONGEST_WAIT_S) * random.uniform(1.0, 1.25)  # timing only, no result depends on it
    return asked if asked <= LONGEST_WAIT_S else None


def most_tokens(request: Any) -> int:
    """An upper estimate of the tokens of a prompt: one for two bytes of its JSON, a schema included.

    English takes four bytes a token, figures and Chinese about three, with the vocabularies of today's models.
    """

    def plain(value: Any) -> Any:
        return value.model_json_schema() if hasattr(value, "model_json_schema") else str(value)

    return len(json.dumps(request, default=plain, ensure_ascii=False).encode()) // BYTES_PER_TOKEN + 1


def price_usd(lm: Any, model: str, tokens_in: int, tokens_out: int) -> float | None:
    """USD of one call: what the engine of `lm` knows, else LiteLLM's table, which knows no engine of one's own.

    Args:
        lm: the `dspy.LM`; None where only its name is known.
        model: its model string.
        tokens_in, tokens_out: of the call.

    Returns:
        None: unknown.
    """
    if price := own_price(lm):
        return price(tokens_in, tokens_out)
    return list_price_usd(model, tokens_in, tokens_out) if isinstance(getattr(lm, "engine", ""), str) else None


def list_price_usd(model: str, tokens_in: int, tokens_out: int) -> float | None:
    """What LiteLLM's table says so many tokens cost; None where it does not list the model."""
    try:
        return sum(litellm().cost_per_token(model=model, prompt_tokens=tokens_in, completion_tokens=tokens_out))
    except Exception:  # LiteLLM raises its own, plain Exception and KeyError for what it does not list
        return None


def litellm() -> Any:
    """The LiteLLM module (seconds on first use) without its advertisements on stdout."""
    import litellm as module

    module.suppress_debug_info = True
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    return module
