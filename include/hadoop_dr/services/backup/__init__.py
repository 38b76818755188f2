"""One run of one service, stage by stage: the use case that the other services are parts of.

A layer of its own above its siblings: it may import them, they know nothing of it.
"""
