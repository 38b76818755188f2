"""Processes of this machine, as Linux tells of them in ``/proc``."""

from hadoop_dr.adapters.process.host import LocalHost

__all__ = ["LocalHost"]
