"""Networks as source that a person would keep: what all frameworks have in common."""
