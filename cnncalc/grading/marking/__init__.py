"""What an answer is worth: compared, followed from a student's own, explained by a misconception.

`marking` is the way in; `compare` looks at one answer, `explaining` at all that a student says.
"""
