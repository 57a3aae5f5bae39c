"""The train page: choosing what to train, the queue of runs, and the live view of one run."""
