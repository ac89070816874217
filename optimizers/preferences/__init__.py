"""Preference pairs for post-training, by rejection sampling over whole negotiations (arXiv 2502.18228, section 5).

At tables of the student's own negotiations, and of a teacher's, every sensible move is put into the student's own reply
and played to its end by a rule, against simulated debtors: what came of it, by the objective, says which of two
decisions in the same words the student should prefer.
"""
