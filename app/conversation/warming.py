"""Before the first debtor comes: the embedded model reads the constant part of every prompt.

Otherwise the first opening waits for 1,500 tokens that are the same in every conversation: half a minute on two cores,
beside one busy process a whole one.
"""

from __future__ import annotations

import contextlib
import logging
import threading

import dspy
from dspy.utils.exceptions import AdapterParseError

from app.conversation.house import House
from programs.maden import Maden
from programs.models.adapter import ADAPTER
from programs.models.embedded.engine import EmbeddedEngine
from programs.models.make import quiet
from programs.models.retryable import classify

ANY = "-"
"""In place of what a prompt says of a case."""

logger = logging.getLogger(__name__)


def begin_to_warm(house: House) -> threading.Thread | None:
    """Warm the house's model in a thread of its own; debtors who come meanwhile wait for one prompt at most.

    Returns:
        The thread; None where the model is none that remembers prompts for us.
    """
    if house.lm is None or not isinstance(house.lm.engine, EmbeddedEngine):
        return None
    thread = threading.Thread(target=_tried, args=(house,), daemon=True)
    thread.start()
    return thread


def _tried(house: House) -> None:
    try:
        warm(house)
    except Exception as error:  # the debtor's own call will show what is wrong, and to whom it matters
        logger.warning("the model's prompts could not be read beforehand: %s", classify(error))


def warm(house: House) -> None:
    """Show the model every prompt of the program and of the reader once, filled with nothing.

    Raises:
        Exception: the model does not answer.
    """
    with house.playing(), dspy.context(adapter=ADAPTER), quiet("dspy.clients.lm"):
        predictors = house.program.named_predictors() if isinstance(house.program, Maden) else ()
        for _, predictor in predictors:
            with contextlib.suppress(AdapterParseError):  # a reply of one token is no reply
                predictor(config={"max_tokens": 1}, **dict.fromkeys(predictor.signature.input_fields, ANY))
        if house.reader is not None:
            house.reader(ANY, ANY)
