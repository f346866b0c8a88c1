"""Pictures of a bot, as Mermaid text."""
