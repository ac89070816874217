"""Post-training: supervised fine-tuning on the best replies, and direct preference optimisation (Rafailov et al. 2023).

LoRA adapters on the upper layers, by a loop of its own: TRL 1.16 sends a prompt through the model once for each of its
two replies, passes all positions through the head, and cannot keep what the layers below the adapters compute.
"""
