"""Tables of a Hive metastore: exported as of one event id, applied to the other site, verified there."""

from hadoop_dr.services.datasets.hive.apply import Applied, CatalogApply, Met, PlannedCatalog
from hadoop_dr.services.datasets.hive.read.compare_to_wanted import CatalogVerify
from hadoop_dr.services.datasets.hive.read.export import CatalogExport, Exported

__all__ = ["Applied", "CatalogApply", "CatalogExport", "CatalogVerify", "Exported", "Met", "PlannedCatalog"]
