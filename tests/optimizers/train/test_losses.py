"""The losses are those of TRL's trainer, which the paper's rows are usually made with."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("torch", reason="needs the extra train")

import torch

from optimizers.train.losses import ReplySide, preference_loss

pytestmark = pytest.mark.train

CHOSEN, REJECTED = ReplySide(torch.tensor(-40.0), -44.0, 20), ReplySide(torch.tensor(-52.0), -50.0, 25)


@pytest.mark.parametrize(
    ("loss", "beta", "expected"),
    [
        ("sigmoid", 0.1, math.log1p(math.exp(-0.1 * 6))),
        ("sigmoid_norm", 2.0, math.log1p(math.exp(-2 * (4 / 20 + 2 / 25)))),
        ("ipo", 0.5, (4 / 20 + 2 / 25 - 1) ** 2),
        ("apo_zero", 0.1, 1 - 1 / (1 + math.exp(-0.4)) + 1 / (1 + math.exp(0.2))),
    ],
)
def test_by_hand(loss, beta, expected):
    assert float(preference_loss(loss, CHOSEN, REJECTED, beta)) == pytest.approx(expected)


@pytest.mark.parametrize("loss", ["sigmoid", "sigmoid_norm", "ipo", "apo_zero"])
def test_gradients_raise_the_chosen_and_lower_the_rejected(loss):
    a, b = (torch.tensor(-40.0, requires_grad=True) for _ in range(2))
    preference_loss(loss, ReplySide(a, -40.0, 20), ReplySide(b, -40.0, 20), 0.5).backward()
    assert a.grad < 0 < b.grad
