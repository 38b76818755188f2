"""Starts daemons, watches them and ends them: specifications, probes, processes, ports, and the state of it all."""
