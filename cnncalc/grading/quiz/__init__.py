"""Quizzes: a variant for every student, drawn reproducibly and checked, in the formats of courses."""
