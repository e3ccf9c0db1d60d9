"""A statistical model of frontal neutral faces, and identities of nobody sampled from it."""
