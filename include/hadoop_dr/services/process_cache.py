"""A cache of what this process wrote and read, so that it asks nobody for what it knows."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ProcessCache:
    """What this process wrote and read of one service. All its threads share it.

    Attributes:
        contents: Manifests, which never change once they are made, by the point's directory; and by path what this
            process wrote itself or read of a sealed point, if it is not too large.
        begun: Directories of points whose moment this very process took, so that nobody else wrote anything there.
        as_left: The claim under which this process found the secondary as the newest point left it, and nothing that a
            run had left; 0 for none.
        no_area: Roots that a look at what changed since the newest point found without a work area.
        lacking: Directories where this process noted that the origin has no copy of a document.
        written_paths: Paths of documents that this process wrote, however large they are.
        begun_shards: Directories of shards whose files this process began to stage.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    as_left: int = 0
    no_area: set[str] = field(default_factory=set)
    lacking: set[str] = field(default_factory=set)
    written_paths: set[str] = field(default_factory=set)
    begun_shards: set[str] = field(default_factory=set)

    def is_nowhere(self, directory: str, path: str) -> bool:
        """Whether a document cannot be there: whatever lies in the directory, this process wrote."""
        return directory in self.begun and path not in self.written_paths
