"""Catalogs: exported as of one event id, applied to the other site, verified there."""

from hadoop_dr.services.catalog.apply import Applied, CatalogApply, Met, Planned
from hadoop_dr.services.catalog.export import CatalogExport, Exported
from hadoop_dr.services.catalog.following import FollowCatalog
from hadoop_dr.services.catalog.verify import CatalogVerify

__all__ = ["Applied", "CatalogApply", "CatalogExport", "CatalogVerify", "Exported", "FollowCatalog", "Met", "Planned"]
