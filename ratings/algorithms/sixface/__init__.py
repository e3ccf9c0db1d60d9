"""The six-face experiment: which faces stand together, how their pictures are made alike, how many are needed."""
