"""What an answer is worth: right, following from a student's own answers, or a named slip.

`marker` is the way in and `reasons` says why an answer is wrong. Both rest on `believed_network`,
the network as somebody believes it to be: `own_answers` puts what a student states into it
(`own_values` into a network on `drawn_numbers`), and `slips` tries what is named in `slip_names`: a
layer seen otherwise (`layer_slips`), counted otherwise (`count_slips`), a field that grows
otherwise (`field_slips`).
"""
