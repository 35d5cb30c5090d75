"""Quizzes: a checked variant for every student, in the formats of course systems."""
