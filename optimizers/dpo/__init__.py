"""An earlier name of post-training: `python -m optimizers.dpo` is `python -m optimizers.train --method dpo`."""
