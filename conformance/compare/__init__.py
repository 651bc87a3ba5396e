"""One run against another: sides, what changed of cells and cases, and what of that is a regression."""
