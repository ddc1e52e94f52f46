"""The conversations, one file each; `routes.gather()` collects what every file declares."""
