"""Files of encryption zones: a copy of one would lie in the clear, so none is made."""

from __future__ import annotations

from collections.abc import Iterable

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.tree.items import Content, Item

CARRY_IT_YOURSELF = "Protect the directories beside the zone and remove it from the policy; carry it by other means"
"""The remedy for encryption zones."""


def refuse_encrypted(root: str, items: Iterable[Item]) -> None:
    """Stops before bytes of an encryption zone would come to lie in the clear on the other site.

    Args:
        root: The directory that is planned.
        items: What changed in it.

    Raises:
        Refused: An item to be copied lies in an encryption zone.
    """
    for item in items:
        if item.now is not None and item.now.encrypted and item.content is not Content.SAME:
            path = f"{root}/{item.new}".rstrip("/")
            raise Refused(path, "lies in an encryption zone, its copy would not", CARRY_IT_YOURSELF)
