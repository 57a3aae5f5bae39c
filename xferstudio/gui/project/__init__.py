"""The open project as all pages share it: its images, runs, edits and queue, and the commands that work on it."""
