"""One DAG per pair: ``arbitrate__<pair>``, from the files in include/pairs (Airflow: dag)."""

from hadoop_dr_airflow.factory import build_arbitrations

globals().update(build_arbitrations())
