"""Conformance kits: subclass one in your tests and know that your part fits. They need pytest and Hypothesis."""
