"""The tables' history: one file a step, named by number; `bot/migrate.py` runs them."""
