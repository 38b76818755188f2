"""One DAG per pair: ``monitor__<pair>``, from the files in include/pairs (Airflow: dag)."""

from hadoop_dr_airflow.factory import build_monitors

globals().update(build_monitors())
