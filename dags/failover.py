"""One DAG per pair: ``failover__<pair>``, started by a person; from the files in include/pairs (Airflow: dag)."""

from hadoop_dr_airflow.factory import build_failovers

globals().update(build_failovers())
