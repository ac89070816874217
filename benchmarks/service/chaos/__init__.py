"""Random faults, repeated by a seed, while debtors negotiate: what is lost, doubled, or said after a stop?"""
