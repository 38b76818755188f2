"""A database that is protected whole, with the directories it has."""

from __future__ import annotations

from hadoop_dr.domain.check_results import Result
from hadoop_dr.services.backup.check.run_checks import RunChecks
from sim.world import TABLES, TableWorld
from support.hive_user import HiveUser

HOME, MANAGED = "/wh/ext/bill ü+%.db", "/wh/man/bill ü+%.db"


class Bill(TableWorld):
    """A database ``bill`` in directories of its own on the primary, and a user of Hive there."""

    def __init__(self, policy: str = TABLES) -> None:
        super().__init__(policy)
        self.east, self.west = (HiveUser(self.clusters[site], self.metastores[site]) for site in ("east", "west"))
        self.east.drop_database("bill")
        self.east.create_database("bill", HOME, MANAGED)

    def holds(self, *names: str) -> None:
        """Both sites have these tables with the same rows, in the same place, and no others."""
        for user in (self.east, self.west):
            assert user.metastore.table_names("bill") == sorted(names)
        for name in names:
            assert self.west.rows("bill", name) == self.east.rows("bill", name)
            assert self.west.place("bill", name) == self.east.place("bill", name)

    def results(self) -> list[Result]:
        """What ``check`` says of roots."""
        return [
            result for result in RunChecks(self.context()).look() if result.name == "roots"
        ]

    def checked(self) -> list[str]:
        """The same as lines."""
        return [f"{result.mark}: {result.detail}" for result in self.results()]
