"""What is fast and what is not: measured beside peers, written to docs/benchmarks.md."""
