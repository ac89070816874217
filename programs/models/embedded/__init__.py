"""The embedded model: a model file run inside this process, beside whatever else the machine does."""
