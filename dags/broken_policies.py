"""Shows files that do not count as one import error; the DAGs of all others live in other files (Airflow: dag)."""

from airflow.sdk import get_parsing_context

from hadoop_dr_airflow.factory import broken_files

if get_parsing_context().dag_id is None and (broken := broken_files()):
    raise ImportError("\n" + "\n".join(str(error) for error in broken))
