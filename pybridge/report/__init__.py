"""What a run has found, on a terminal and in files."""
