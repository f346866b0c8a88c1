"""Guard rails of a whole worker: bots that fail everywhere, and a process that is about to suffer."""
