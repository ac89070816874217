"""From a model string to a ready `dspy.LM`, and a check that it answers before long work starts.

- `local`: the embedded model, no key and no server (programs/models/embedded/, programs.models.model_file).
- `local:FILE.gguf`: any other model file.
- `local:FOLDER`: a model file with adapters that `optimizers.dpo` trained (programs.models.adapted).
- anything else: a LiteLLM model string (`openai/gpt-4o-mini`, `ollama/llama3`), through LiteLLM
  (programs.models.remote).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# LiteLLM reads it on import: its price table from the installed package, not from the network.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import dspy
from dspy.utils.exceptions import LMConfigurationError

from plumbing.errors import UserError
from programs.models.adapted import read_adapted
from programs.models.embedded.engine import TIMEOUT_S, EmbeddedEngine, EngineSettings, model_for
from programs.models.model_file import QWEN, file_sha256, located
from programs.models.remote import RemoteLM, litellm
from programs.models.retryable import classify
from programs.table.failures import (
    AuthenticationFailed,
    ModelTimeout,
    ModelUnreachable,
    OutOfCredit,
    RateLimited,
    UnknownModel,
)

__all__ = ["check_lm", "classify", "make_lm"]

LOCAL = "local"
GGUF_MAGIC = b"GGUF"
REMOTE_TIMEOUT_S = 120.0

logger = logging.getLogger(__name__)


def make_lm(
    model: str,
    *,
    temperature: float = 0.0,
    max_tokens: int = 400,
    seed: int | None = None,
    timeout_s: float | None = None,
    threads: int | None = None,
    cache: bool = True,
) -> dspy.LM:
    """The LM that `model` names; sends nothing yet.

    Args:
        model: `local`, `local:FILE.gguf`, `local:FOLDER` or a LiteLLM model string.
        temperature: 0 takes the likeliest token every time.
        max_tokens: upper limit of a reply; a reply cut there has the finish reason `length`.
        seed: of the sampling, where the model takes one; matters above temperature 0 only.
        timeout_s: seconds for one attempt at one call; default: 120 for a remote model, 300 for an embedded one.
        threads: threads that write an embedded model's reply; default: as many as pay beside what else the machine
            does, call by call.
        cache: answer a request that was answered before from DSPy's cache.

    Raises:
        UserError: the model's file or packages are missing or damaged, or a setting makes no sense.
    """
    if not model.strip():
        raise UserError("the model's name is empty; write local, local:FILE.gguf or a name such as openai/gpt-4o-mini")
    sampling = {} if seed is None else {"seed": seed}
    if model == LOCAL or model.startswith(f"{LOCAL}:"):
        name, path, adapter = _embedded_files(model)
        engine = EmbeddedEngine(
            EngineSettings(path=str(path), threads=threads, adapter=None if adapter is None else str(adapter)),
            timeout_s or TIMEOUT_S,
        )
        return dspy.LM(
            name, engine=engine, temperature=temperature, max_tokens=max_tokens, cache=cache, num_retries=1, **sampling
        )
    return _remote(model, temperature, max_tokens, cache, {"timeout": timeout_s or REMOTE_TIMEOUT_S, **sampling})


def check_lm(lm: dspy.LM) -> None:
    """Make one tiny uncached call, so that a missing key or a wrong name shows before long work, not in it.

    Raises:
        UserError: one sentence that says what is wrong with the model, its key or its server and what to do.
    """
    if isinstance(lm.engine, EmbeddedEngine):
        model_for(lm.engine.settings)
    elif isinstance(lm.engine, str):
        _check_name(lm.model)
    tiny = {} if "max_completion_tokens" in lm.kwargs else {"max_tokens": 5}
    probe = lm.copy(cache=False, num_retries=0)
    if isinstance(probe, RemoteLM):
        probe.retries = 0
    try:
        with quiet("dspy.clients.lm"):  # five tokens are meant to be cut
            probe("Answer with the one word: ok", **tiny)
    except Exception as error:
        raise UserError(_advice(lm, classify(error))) from error


def _embedded_files(model: str) -> tuple[str, Path, Path | None]:
    """Name of the LM, its file, its adapters'. The name must tell files apart, since DSPy's cache knows only it."""
    if model == LOCAL:
        path = located()
        return f"embedded/{path.stem}", path, None
    path = Path(model.removeprefix(f"{LOCAL}:")).expanduser().absolute()
    if path.is_dir():
        found = read_adapted(path)
        return f"embedded/{found.name}", found.base, found.adapter
    if not path.is_file():
        raise UserError(f"there is no model file {path}; check the path after local:")
    with path.open("rb") as file:
        if file.read(len(GGUF_MAGIC)) != GGUF_MAGIC:
            raise UserError(f"{path} is no GGUF model file; llama.cpp's format is needed after local:")
    if path.name == QWEN.file_name:
        return f"embedded/{path.stem}", path, None
    return f"embedded/{path.stem}-{file_sha256(path)[:12]}", path, None


def _remote(model: str, temperature: float, max_tokens: int, cache: bool, settings: dict[str, object]) -> dspy.LM:
    common = {"cache": cache, "drop_params": True, **settings}
    try:
        return RemoteLM(model, temperature=temperature, max_tokens=max_tokens, **common)
    except LMConfigurationError:
        logger.info("%s is a reasoning model: it chooses temperature and length of reply itself", model)
        return RemoteLM(model, temperature=None, max_tokens=None, **common)
    except ValueError as error:
        raise UserError(f"{error}; write provider/model, for example openai/gpt-4o-mini") from error


def _check_name(model: str) -> None:
    module = litellm()
    try:
        module.get_llm_provider(model)
    except module.BadRequestError as error:
        raise UserError(
            f"{model!r} names no provider that LiteLLM knows; "
            "write provider/model, for example openai/gpt-4o-mini or ollama/llama3, or local"
        ) from error


def _advice(lm: dspy.LM, failure: Exception) -> str:
    """One sentence for the user: what is wrong and what to do."""
    missing = _missing_settings(lm)
    if any("KEY" in name for name in missing):
        either = all(name.endswith("_API_KEY") for name in missing)  # the names of one key, not parts of one login
        return f"no key for {lm.model}: set the environment variable {(' or ' if either else ' and ').join(missing)}"
    sentences: dict[type[Exception], str] = {
        AuthenticationFailed: f"the provider of {lm.model} refused the key: check the key in your environment",
        OutOfCredit: f"the account for {lm.model} has no credit left: top it up or name another model",
        UnknownModel: f"the provider knows no model {lm.model}: check the name, and that your key may use it",
        ModelUnreachable: f"no server answers for {lm.model}{_at(lm)}: is it running?",
        ModelTimeout: f"{lm.model} gave no answer in {lm.kwargs.get('timeout')} s: is its server overloaded?",
        RateLimited: f"{lm.model} refuses calls because of its rate limit: wait, or name another model",
    }
    return f"{sentences.get(type(failure), f'{lm.model} does not answer')} ({failure})"


def _missing_settings(lm: dspy.LM) -> list[str]:
    """The environment variables that LiteLLM looks for and does not find; some providers have other ways."""
    if not isinstance(lm.engine, str) or "api_key" in lm.kwargs:
        return []
    found = litellm().validate_environment(lm.model)
    return [] if found["keys_in_environment"] else list(found["missing_keys"])


def _at(lm: dspy.LM) -> str:
    """Where the server of a model is looked for, when the user said so."""
    provider = lm.model.partition("/")[0].upper()
    settings = (lm.kwargs.get("api_base"), *map(os.environ.get, (f"{provider}_API_BASE", f"{provider}_BASE_URL")))
    return next((f" at {address}" for address in settings if address), "")


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Only errors from the logger `name` inside the block."""
    target = logging.getLogger(name)
    before = target.level
    target.setLevel(logging.ERROR)
    try:
        yield
    finally:
        target.setLevel(before)
