"""The program: channels, the engine between them and the conversations, storage, the command line."""
