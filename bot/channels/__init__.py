"""Channel adapters: they translate between a chat service and the engine, and do nothing else."""
