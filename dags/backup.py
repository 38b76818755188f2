"""One DAG per policy: ``backup__<service>``, from the files in include/policies (Airflow: dag)."""

from hadoop_dr_airflow.factory import build_backups

globals().update(build_backups())
