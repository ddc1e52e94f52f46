"""What the program survives: kills, bad networks, outages by the hundred; written to docs/reliability.md."""
