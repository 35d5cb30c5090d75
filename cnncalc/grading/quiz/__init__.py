"""Quizzes: a variant for every student, drawn reproducibly and checked, in the formats of courses.

`template` reads what may be drawn (`network_quiz` makes one from a spec), `draw` draws it, `check`
holds a draw against a run, `bank` and `banks` make questions for quiz programs, `write` writes all.
"""
