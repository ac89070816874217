from __future__ import annotations

import dspy

from programs.reader.message_parts import MOST_PARTS, message_parts
from programs.reader.reader import MessageReader
from tests.scripted import scripted_lm

LONG = "I have thought about it for a while and talked to my family. " * 40


def test_a_long_message_is_read_whole_in_parts_of_whole_sentences():
    parts = message_parts(f"{LONG}I do NOT accept.")
    assert len(parts) <= MOST_PARTS
    assert parts[-1].endswith("I do NOT accept.")
    assert all(part.endswith(".") for part in parts)
    assert message_parts("short one") == ["short one"]
    assert "".join(message_parts("x" * 4000)) == "x" * 4000


def test_what_one_part_says_is_not_lost_in_the_others():
    def answer(prompt: str) -> dict:
        asked = prompt.rsplit("[[ ## message ## ]]", 1)[-1]
        refuses = "NOT accept" in asked
        if "standing_offer" not in prompt:
            return {"category": "no_contact_or_never_pays" if refuses else "only_payment_talk"}
        figure = {"words": "18 months", "kind": "installment_periods", "value": 18}
        said = [figure] if "18 months" in asked else []
        return {"stated": {"intent": "reject" if refuses else "accept", "said": said}}

    with dspy.context(lm=scripted_lm(answer)):
        whole = MessageReader()("none yet", f"18 months. {LONG}I do NOT accept.", "USD").reading
    assert (whole.intent, whole.signals, [one.value for one in whole.said]) == ("reject", ["stop"], [18])
