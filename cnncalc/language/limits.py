"""Every bound of the language: what goes beyond is refused soon and in little memory."""

from __future__ import annotations

#: Blocks, branches, groups and heads inside one another, and brackets in an expression.
MAX_NESTING = 60
#: Lists and mappings of the text inside one another: a branch in a branch takes three.
MAX_TEXT_NESTING = 3 * MAX_NESTING + 20
MAX_LAYERS = 150_000
#: Entries that come to no layer: blocks of empty blocks, false conditions.
MAX_IDLE = 50_000
#: Characters of one layer's full name, and of all names together.
MAX_PATH = 1000
MAX_CHARACTERS = 10_000_000
#: Numbers and words in the value of a parameter or an argument, those of inner lists included.
MAX_ITEMS = 10_000
#: Items of lists that the expressions of one spec may go over, all in all.
MAX_STEPS = 2_000_000
#: How many layers an entry remembers, each under other values of the names it reads.
MAX_MADE = 1024
#: How many layers a spec remembers, each with other fields.
MAX_INTERNED = 10_000
