"""What Airflow is told about this distribution through its provider entry point.

Kept free of other imports: Airflow loads it in every process, before anything else of ours.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Describes the provider: its name, and the connection type ``hadoop_cluster``.

    The connection names the user to act as, and nothing else yet: addresses live in the pair file, and a field for a
    secret comes with what uses it. What is set all the same is refused by ``hooks``.
    """
    return {
        "package-name": "hadoop-dr",
        "name": "Hadoop DR",
        "description": "Disaster recovery for a pair of Hadoop clusters.",
        "versions": [version("hadoop-dr")],
        "config": {
            "hadoop_dr": {
                "description": "Disaster recovery for a pair of Hadoop clusters.",
                "options": {
                    "pool_per_pair": {
                        "description": (
                            "Run the tasks of a pair in the pool hadoop_dr_<pair> instead of default_pool, so that its "
                            "slots bound what runs between the two sites at once. Make the pool first (airflow pools "
                            "set hadoop_dr_<pair> 4 'one pair'): tasks of a pool that does not exist never start."
                        ),
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": "True",
                        "default": "False",
                    },
                    "approvers": {
                        "description": (
                            "Ids of the Airflow users who may approve a change of roles, with commas between them; "
                            "empty: everybody who may answer requests of that DAG."
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "anna,bert",
                        "default": "",
                    },
                },
            },
        },
        "connection-types": [
            {
                "connection-type": "hadoop_cluster",
                "hook-class-name": "hadoop_dr_airflow.hooks.HadoopClusterHook",
                "hook-name": "Hadoop cluster (user)",
                "ui-field-behaviour": {
                    "hidden-fields": ["host", "port", "schema", "password", "extra"],
                    "relabeling": {"login": "User or principal"},
                    "placeholders": {"login": "dr@EAST"},
                },
            }
        ],
    }
