"""Quizzes: a variant for every student, drawn reproducibly and checked, in the formats of courses.

`template` reads what may be drawn, `draw` draws it, `network_quiz` makes a template from a spec,
`sheets` and the other modules print.
"""
