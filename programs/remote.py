"""Models behind LiteLLM: the retries that DSPy means to make, and quiet.

Measured with DSPy 3.4.1 and LiteLLM 1.106: DSPy tries a failed call again after 1, 2, 4, ... seconds and would
honour a server's Retry-After, but never sees it, since LiteLLM hands the headers on under a name that DSPy does not
read. So DSPy's retries are off here and `RemoteLM` makes its own; LiteLLM's and the SDKs' are off in any case.
"""

from __future__ import annotations

import logging
import random
import time
from typing import Any

import dspy
from dspy.utils.exceptions import is_retryable_lm_error

from programs.faults import retry_after

RETRIES = 4
"""Attempts after the first; with waits of 1, 2, 4 and 8 s they bridge about a quarter of a minute."""
LONGEST_WAIT_S = 60.0
"""A server that asks for a longer wait is not waited for: the failure is raised, and says how long it asked."""
SELF_HOSTABLE = {"openai", "hosted_vllm", "llamafile", "ollama", "ollama_chat"}
"""Providers whose servers all take a JSON schema for the reply."""

logger = logging.getLogger(__name__)


class RemoteLM(dspy.LM):
    """A model behind LiteLLM that waits out rate limits and short outages, and is sent the reply's schema."""

    def __init__(self, model: str, **settings: Any) -> None:
        super().__init__(model, engine="litellm", num_retries=0, **settings)
        self.retries = RETRIES

    def __call__(self, prompt: str | None = None, *, messages: Any = None, **settings: Any) -> Any:
        """One call, tried again after passing failures: rate limit, timeout, server and connection errors.

        Raises:
            dspy.utils.exceptions.LMError: the last attempt's failure, or a lasting one at once.
        """
        for attempt in range(self.retries):
            try:
                return super().__call__(prompt, messages=messages, **settings)
            except Exception as error:
                wait = wait_before_retry(error, attempt)
                if wait is None:
                    raise
                logger.info("%s: %s; trying again in %.1f s", self.model, type(error).__name__, wait)
                time.sleep(wait)
        return super().__call__(prompt, messages=messages, **settings)

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


def litellm() -> Any:
    """The LiteLLM module (seconds on first use) without its advertisements on stdout."""
    import litellm as module

    module.suppress_debug_info = True
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    return module
