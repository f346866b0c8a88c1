"""Says what is wrong with an installation, why, and what to do: a table of small checks, none of which raises.

A check looks; it changes nothing. Whatever has an effect on the instance runs only when it is asked for by name.
"""
