"""Measures what the program promises, side by side with what people write by hand; run `python -m benchmarks`."""
