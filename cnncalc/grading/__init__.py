"""Grading: assignments with a computed key, answers read as typed, marks that follow reasoning."""
