"""One contact, from the offer to the last goodbye. Knows ports and the pure protocol, never AWS and no bot."""
