"""Real workers as processes on one machine, broken at random, and a verdict from what their customers saw."""
