"""The kinds of questions: how each is read from an assignment, and what is right.

`question` holds what all kinds share; every other module reads one kind, or finds its answer.
"""
