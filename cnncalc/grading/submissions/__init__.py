"""Submissions: from files and folders as they come to one raw text per item and student.

Bytes become text (`text`), a text its lines or cells (`read`, `lines`, `columns`), and these raw
answers by id (`ids`); `tables` places the rows of typed tables. `layouts` knows what
learning systems export, `roster` who handed in what. Nothing here judges an answer, and nothing
broken in one answer touches another.
"""
