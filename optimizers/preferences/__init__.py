"""Preference pairs for post-training, by rejection sampling over whole negotiations (arXiv 2502.18228, section 5).

A teacher plays training debtors. At its turns several others are sampled, the teacher's and the student's own, and
each is played to its end against the same debtor: what came of it, by the objective, says which of two turns at the
same table the student should prefer.
"""
