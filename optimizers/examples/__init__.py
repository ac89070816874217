"""Labelled examples as rows for supervised fine-tuning."""
