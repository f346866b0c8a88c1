"""Where contacts outlive a process: in memory for tests, in one SQLite file by default, sealed when a key is given."""

from agent.store.memory import MemoryStore
from agent.store.sealing import AesGcmSealer, Sealer
from agent.store.sqlite import SQLiteStore

__all__ = ["AesGcmSealer", "MemoryStore", "SQLiteStore", "Sealer"]
