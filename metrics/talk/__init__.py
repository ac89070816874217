"""What was said: is a dialogue complete and sound, and what may its words not say?"""
