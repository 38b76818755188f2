"""One HDFS cluster in memory: name space, blocks, snapshots, ACLs, quotas; its ports and its faults.

It passes the same contract suite as the real adapters (tests/contract) and holds the surprises that were measured on
live NameNodes: what a snapshot diff hides, whose inode a reserved path means, which truncate ruins an older snapshot.
"""
