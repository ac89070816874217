"""An earlier name of post-training: by preferences alone, as `--method dpo` of `optimizers.train` has it."""
