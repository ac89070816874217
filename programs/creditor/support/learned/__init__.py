"""What the support learned from training negotiations: its file, its trees, its features, its picture of finances."""
