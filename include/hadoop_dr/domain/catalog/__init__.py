"""Catalogs of tables: rows, difference, addresses, events. Pure values and decisions."""
