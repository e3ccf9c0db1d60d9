"""Sets of aligned faces to train on: found, aligned, chosen, completed by made ones, and told of in a datasheet."""
