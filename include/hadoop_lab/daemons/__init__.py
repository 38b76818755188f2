"""The daemons of a site: their command lines, settings, addresses and folders."""
