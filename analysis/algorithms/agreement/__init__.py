"""Whether raters agree, and whether a version is scored as its original: pure functions of tables of scores."""
