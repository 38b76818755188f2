"""Processes of this machine (psutil)."""

from hadoop_dr.adapters.process.host import LocalHost

__all__ = ["LocalHost"]
