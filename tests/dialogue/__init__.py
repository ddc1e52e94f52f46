"""Recorded dialogues: JSON scripts played by people at real channels against the whole program."""
