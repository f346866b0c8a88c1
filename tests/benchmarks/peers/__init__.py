"""Bots that compete in the benchmarks: each echoes what the customers of all its chats write.

Each is a process of its own, ``python -m tests.benchmarks.peers.NAME URL CHATS``, which joins all chats, answers until
it is told to stop, and knows nothing of what is measured.
"""
