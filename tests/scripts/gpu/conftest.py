from tests.optimizers.train.conftest import tiny_model as tiny_model
