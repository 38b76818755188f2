"""The entrance through Apache Airflow: the only code that imports airflow."""
