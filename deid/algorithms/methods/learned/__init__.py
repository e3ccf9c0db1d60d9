"""What methods with a torch network share: cutting out, running, putting back, judging."""
