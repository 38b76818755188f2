"""Every kind of table among the documents. The values are written and read beside the types they belong to."""

from __future__ import annotations

from hadoop_dr.domain.catalog.rows import SCHEMA
from hadoop_dr.domain.formats.table_form import TableForm
from hadoop_dr.domain.tree.bound_inodes import INODE_SCHEMA
from hadoop_dr.domain.tree.item_rows import ITEM_SCHEMA
from hadoop_dr.domain.tree.quotas import QUOTA_SCHEMA
from hadoop_dr.domain.tree.xattrs import XATTR_SCHEMA

ITEMS = TableForm("items", (("root", "int64"), ("sequence", "int64"), *ITEM_SCHEMA))
"""What a point changes: the root's number in the plan, and in which place of all operations each item is."""
SHARES = TableForm("shares", (
    ("root", "int64"), ("shard", "int64"), ("inode", "int64"), ("staged", "int64"), ("whole", "bool"),
    ("directory", "string"), ("files", "int64"), ("bytes", "int64"),
    ("sha256", "string"), ("length", "int64"), ("offset", "int64"),
))  # fmt: skip
"""What a shard staged: a row for each unit, which has its inode on the destination; one for each file, which has the
digest of its staged bytes; and one without an inode that says of the share itself where it lies and what was moved."""
PROOFS = TableForm("proofs", (
    ("root", "int64"), ("inode", "int64"), ("sha256", "string"), ("length", "int64"), ("offset", "int64"),
))  # fmt: skip
"""Digests of files that are staged and proven, for a later try of their shard; the ledger names none of these. A file
that was moved while the snapshots were taken is in two roots, where it may be another one, so the root's number in the
plan stands beside its inode id."""
CHECKSUMS = TableForm("checksums", (
    ("root", "int64"), ("inode", "int64"), ("algorithm", "string"), ("value", "string"), ("lengths", "strings"),
))  # fmt: skip
"""The origin's own checksums of what is too large to be read back."""
REPAIR_ITEMS = TableForm("repair items", ITEM_SCHEMA)
"""What a repair changes."""
REPAIR_STAGED = TableForm("repair staged", (("inode", "int64"), ("staged", "int64"), ("whole", "bool")))
"""What a repair staged."""
LISTING = TableForm("listing", (("path", "string"), ("inode", "int64"), ("facts", "string"), ("blocks", "string")))
"""A live tree that a root was planned on, with the block ids of its files."""
QUOTAS = TableForm("quotas", QUOTA_SCHEMA)
"""Quotas of directories, see ``domain.tree.quotas``."""
INODES = TableForm("inodes", INODE_SCHEMA)
"""Inode ids of a candidate, see ``domain.tree.bound_inodes``."""
XATTRS = TableForm("extended attributes", XATTR_SCHEMA)
"""Extended attributes of the origin, see ``domain.tree.xattrs``."""
CATALOG = TableForm("catalog", SCHEMA)
"""Objects of a catalog: of the point, left out of it, or kept of what somebody else had."""
DROPS = TableForm("drops", SCHEMA[:4])
"""Names of the objects that the plan drops."""
INTENDED = TableForm("intended", (
    ("root", "string"), ("path", "string"), ("attribute", "string"), ("wanted", "string"), ("given", "string"),
))  # fmt: skip
"""Attributes that had to be lowered on the destination, to be set again where they can be, so that a way back degrades
nothing. That is erasure coding: a file becomes replicated if the destination lacks its policy, and `coverage` names
that before. What else cannot be set ends the run."""
