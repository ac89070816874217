"""The record and its proof: verified, anchored outside, dumped and restored."""
