"""Bytes into a hidden work area, then a short, metadata-only change of the live tree (DESIGN.md sections 4.4, 4.5, 5).

Phases: stage copies into ``<root>/.hadoop-dr/<token>/stage``; place holds the times of directories that older
snapshots would lose, parks what moves or goes, joins tails, brings everything to its new path, sets attributes, drops,
removes the work area, and puts the root's own time back last.

What happens at every arrow:

* Death anywhere, then the same call again: every step first or afterwards looks whether its wanted inode is already
  where it belongs. Park takes items by the destination's inode id from wherever an earlier try brought them.
* A worker that sleeps while another takes over: all paths of its stage, arrive, tail and drop steps, and the new path
  of its park steps, contain the token that the new owner renamed; they find nothing. Attributes set in the live tree by
  path are the stated exception: permissions, owners, ACLs, extended attributes, storage policies and times.
* An answer that is lost: both ends are read back; only a step that is certainly not done is sent again.

Known gap: a worker that falls asleep inside ``WorkArea.open`` can leave an empty directory of its old token; whoever
opens the area next removes it.
"""
