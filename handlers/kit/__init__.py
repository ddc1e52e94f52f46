"""The form kit: declared questions, and the pure walk that finds the next one to ask."""
