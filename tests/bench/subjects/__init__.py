"""The programs that are compared: each does the same job, and prints `ready` when it serves."""
