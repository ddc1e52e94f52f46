"""Real servers that stand in for the outside world: same protocol, same strictness, on a free port."""
