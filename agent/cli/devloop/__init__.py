"""The dev loop: a bot's builds follow one another while its chats go on, and a chat can be taken up at an earlier turn.

It stands between the local Amazon Connect and a worker; neither knows it.
"""
