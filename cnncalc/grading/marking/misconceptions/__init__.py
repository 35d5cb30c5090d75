"""Named misconceptions: which wrong value each leads to, computed from the question itself.

A misconception is a name with its sentences (`names`) and a way to compute what it leads to:
layers believed otherwise (`layers`), counts believed otherwise (`counts`), receptive fields
believed otherwise (`fields`). It is alleged only where it alone explains a wrong answer.
"""
