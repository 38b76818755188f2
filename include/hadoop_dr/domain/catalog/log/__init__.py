"""The metastore's notification log: its events, what their messages touched, and where it stood."""
