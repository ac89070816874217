"""What a person's words give notice of, and what a creditor's words may not say: code, a trained classifier, joined."""
