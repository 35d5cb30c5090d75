"""The kinds of questions: how each is read from an assignment, and what is right.

`question` holds what all kinds share, `catalogue` lists them; every other module reads one kind, or
finds its answer: `measured` asks the library for a quantity, `parameter_search` tries values.
"""
