"""Adapters in llama.cpp's form: what the embedded engine says with them is what transformers says (SmolLM2-135M)."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("peft", reason="needs the extra train")

from optimizers.train.weights import gguf_adapter
from optimizers.train.weights.base import find_base, load
from optimizers.train.weights.gguf_adapter import permuted, write_gguf_adapter
from plumbing.errors import UserError
from programs.models.adapted import write_adapted
from programs.models.make import make_lm
from programs.models.model_file import file_sha256

pytestmark = pytest.mark.train

QUESTIONS = (
    "What is the capital of France?",
    "Name three colours.",
    "How much is two plus two?",
    "Write a short poem.",
    "Who wrote Hamlet?",
    "List two animals.",
)
ALPHA = 32


def test_rows_of_a_head_become_neighbours():
    rows = np.arange(8, dtype=np.float32)[:, None]  # two heads of four rows: halves (0 1)(2 3) and (4 5)(6 7)
    assert permuted(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_the_engine_says_with_adapters_what_transformers_says(model_file, tmp_path, monkeypatch):
    """Mostly: the engine multiplies packed weights with rounded activations, so near ties fall either way.

    With the rows of queries and keys in the other order the same adapters say something else.
    """
    import torch
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

    model, tokenizer = load(find_base(f"local:{model_file}"), torch.float32)
    torch.manual_seed(0)
    lora = LoraConfig(r=8, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(model, lora)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.02)  # far enough from the base to say something else
    state = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    tensors = {name: one.detach().numpy() for name, one in state.items()}

    def said(name: str) -> list[str]:
        folder = tmp_path / name
        folder.mkdir()
        write_gguf_adapter(folder / "adapter.gguf", tensors, model.config, ALPHA)
        write_adapted(folder, str(model_file), file_sha256(model_file), folder / "adapter.gguf")
        lm = make_lm(f"local:{folder}", max_tokens=10, cache=False)
        return [lm(question)[0] for question in QUESTIONS]

    expected = [transformers_says(adapted, tokenizer, question) for question in QUESTIONS]
    right = said("right")
    monkeypatch.setattr(gguf_adapter, "PERMUTED", frozenset())
    wrong = said("wrong")
    agreeing, by_chance = (sum(a == b for a, b in zip(some, expected, strict=True)) for some in (right, wrong))
    assert agreeing >= 4
    assert agreeing > by_chance


def transformers_says(model, tokenizer, question: str) -> str:
    messages = [{"role": "user", "content": question}]
    asked = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True, return_tensors="pt")
    answer = model.generate(**asked, max_new_tokens=10, do_sample=False)[0, asked["input_ids"].shape[1] :]
    return tokenizer.decode(answer, skip_special_tokens=True)


@pytest.mark.parametrize(
    ("name", "model_type", "said"),
    [
        (
            "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
            "nonsense",
            "knows no architecture",
        ),
        ("base_model.model.model.layers.0.odd_proj.lora_A.weight", "llama", "has no tensor for"),
        ("something.else", "llama", "has no tensor for"),
    ],
)
def test_what_llama_cpp_does_not_know_is_told(tmp_path, name, model_type, said):
    config = SimpleNamespace(model_type=model_type, num_hidden_layers=1)
    with pytest.raises(UserError, match=said):
        write_gguf_adapter(tmp_path / "a.gguf", {name: np.zeros((2, 2), np.float32)}, config, ALPHA)
