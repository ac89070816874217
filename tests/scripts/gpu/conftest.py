from tests.optimizers.train.conftest import tiny_model

__all__ = ["tiny_model"]
