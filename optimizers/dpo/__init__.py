"""Post-training by direct preference optimisation (Rafailov et al. 2023): LoRA weights from preference pairs."""
