from __future__ import annotations

from data.messages.message import DebtorMessage
from programs.reader.opinion_training import examples


def test_a_figure_is_offered_where_its_author_labelled_it():
    message = DebtorMessage.model_validate(
        {
            "text": "I was ill for 4 months, could I have 30 months?",
            "language": "en",
            "currency": "USD",
            "intent": "offer",
            "terms": [["installment_periods", 30, "30 months"]],
            "situation": "longer",
            "author": "test",
        },
        strict=False,
    )
    rows, offered = examples([message])
    assert offered == [False, True]
    assert all("qqinstallmentperiodsqq" in row for row in rows)
