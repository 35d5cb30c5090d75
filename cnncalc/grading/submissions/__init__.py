"""Submissions: from files and folders as they come to one raw text per item and student.

Bytes become text (`decode`, `markup`), a text its lines or cells (`lines`, `columns`, `read`), and
these raw answers by id (`ids`); `rows` and `tables` place what was typed in a table. `layouts` know
the folders that learning systems export, `collect` says who handed in what. Nothing here judges an
answer, and nothing broken in one answer touches another.
"""
