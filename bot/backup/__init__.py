"""A museum in one file: its records as of one moment, and every photo and recording that they mention."""
