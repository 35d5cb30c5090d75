"""What leaves the grading: one module per consumer, each with a header and rows of plain text.

A writer knows the consumer's rules (names of columns, which rows must be left out, what a number
looks like) and nothing of marking. Text that comes from students passes `cells.cell`.
"""
