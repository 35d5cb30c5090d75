"""Submissions: from files and folders as they come to one raw text per item and student.

`decode` turns bytes into text, `scan` and `formats` find the raw answers in it, `tables` places the
rows of a table, `layouts` know the folders that learning systems export, `collect` says who handed
in what. Nothing here judges an answer, and nothing broken in one answer touches another.
"""
