"""Files of the user: YAML with lines, and cron texts. The only importer of yaml and croniter."""

from hadoop_dr.adapters.config.cron import cron_moment_until, cron_moments, longest_gap_ms
from hadoop_dr.adapters.config.yaml_file import is_endless, load, parse

__all__ = ["cron_moment_until", "cron_moments", "is_endless", "load", "longest_gap_ms", "parse"]
