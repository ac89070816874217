"""Boosted trees as arrays, evaluated by NumPy alone: scikit-learn fits them, nobody needs it to read them.

Every tree is laid out as a whole binary tree of one depth (node i has the children 2i+1 and 2i+2), so that all trees
and rows go down a level at a time. Gradient boosting after Friedman (2001); the calibration is Platt's (1999).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from programs.creditor.support.plans import Floats


@dataclass(frozen=True, eq=False)
class Forest:
    """T trees of depth D that say a chance."""

    base: float
    """Log-odds before any tree."""
    feature: NDArray[np.int64]
    """(T, 2^D - 1): column that each inner node looks at."""
    threshold: Floats
    """(T, 2^D - 1): up to here a row goes left."""
    leaf: Floats
    """(T, 2^D): log-odds added."""
    slope: float = 1.0
    offset: float = 0.0
    """Calibrated log-odds = offset + slope × log-odds."""

    def log_odds(self, rows: Floats) -> Floats:
        """(N,) of (N, F) rows, before calibration; to the last bit what the fitted model says, up to summation."""
        trees, inner = self.feature.shape
        n, width = rows.shape
        flat, feature, threshold = rows.ravel(), self.feature.ravel(), self.threshold.ravel()
        first = (np.arange(trees) * inner)[:, None]
        line = (np.arange(n) * width)[None, :]
        node = np.zeros((trees, n), dtype=np.int64)
        for _ in range(inner.bit_length()):
            at = first + node
            node = 2 * node + 1 + (flat[line + feature[at]] > threshold[at])
        leaves = self.leaf.ravel()[(np.arange(trees) * (inner + 1))[:, None] + node - inner]
        return np.asarray(self.base + leaves.sum(axis=0))

    def chance(self, rows: Floats) -> Floats:
        """(N,): calibrated chance of yes."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.offset + self.slope * self.log_odds(rows), -30, 30))))

    def document(self) -> dict[str, Any]:
        """As JSON; floats are written so that they read back as they were."""
        return {
            "base": self.base,
            "slope": self.slope,
            "offset": self.offset,
            "feature": self.feature.tolist(),
            "threshold": self.threshold.tolist(),
            "leaf": self.leaf.tolist(),
        }

    @classmethod
    def read(cls, document: Mapping[str, Any], features: int) -> Self:
        """From `document()`.

        Raises:
            ValueError, KeyError, TypeError: it is none, or looks at columns that there are not.
        """
        feature = np.array(document["feature"], dtype=np.int64)
        threshold, leaf = (np.array(document[name], dtype=np.float64) for name in ("threshold", "leaf"))
        if feature.ndim != 2 or threshold.shape != feature.shape or leaf.shape != (len(feature), feature.shape[1] + 1):
            raise ValueError("its trees have no common shape")
        if feature.min() < 0 or feature.max() >= features:
            raise ValueError(f"its trees look at more than {features} features")
        numbers = (float(document[name]) for name in ("base", "slope", "offset"))
        base, slope, offset = numbers
        return cls(base, feature, threshold, leaf, slope, offset)
