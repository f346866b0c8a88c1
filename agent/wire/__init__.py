"""The protocol, pure: bytes and time come in as arguments, decisions come out. No await, no socket, no clock."""
