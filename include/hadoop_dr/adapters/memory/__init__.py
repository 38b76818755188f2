"""Faithful twins of the ports, for speed and simulation; each passes the contract suite of the real thing."""
