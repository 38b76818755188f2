"""Stage copies bytes into a hidden work area; place then changes the live tree by a few operations on metadata only.

Stage copies into ``<root>/.hadoop-dr/<token>/stage``. The phases of place are: pin times, park, tails, move in,
attributes, delete, close; docs/architecture.md says of each why it has its place in that order.

What happens at every arrow:

* Death anywhere, then the same call again: every step first or afterwards looks whether its wanted inode is already
  where it belongs. Park takes items by the destination's inode id from wherever an earlier try brought them.
* A worker that sleeps while another takes over: all paths of its stage, move-in, tail and delete steps, and the new
  path of its park steps, contain the token that the new owner renamed; they find nothing. Attributes set in the live
  tree by path are the stated exception: permissions, owners, ACLs, extended attributes, storage policies and times.
* An answer that is lost: both ends are read back; only a step that is certainly not done is sent again.

Known gap: a worker that falls asleep inside ``WorkArea.open`` can leave an empty directory of its old token; whoever
opens the area next removes it.
"""
