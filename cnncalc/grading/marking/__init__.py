"""What an answer is worth: right, following from a student's own answers, or a named slip.

`marker` is the way in and `reasons` finds why an answer is wrong. Both rest on `believed_network`,
the network as somebody believes it to be, and its one walk: `own_answers` puts into it what a
student states (of values, into a network on `drawn_numbers`), `slips` is the table of what else
somebody may do to it, made of the `slip_forms`. They
see an item at its `places`.
"""
