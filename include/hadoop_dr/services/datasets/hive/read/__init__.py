"""Reads catalogs: whole, at one event id, or what happened since a known position."""
