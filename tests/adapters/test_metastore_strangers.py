"""What a metastore's client says when something else answers at its address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.hive import Client, HiveMetastore
from hadoop_dr.domain.errors import Unreachable
from support.strangers import ANSWERS, stranger

READS: dict[str, Callable[[HiveMetastore], Any]] = {
    "event": lambda store: store.current_event(),
    "databases": lambda store: store.databases(),
    "settings": lambda store: store.settings("a"),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("read", READS)
def test_the_address_at_which_no_metastore_answers_is_named_with_its_site(read: str, answer: str) -> None:
    with stranger(answer) as port:
        store = HiveMetastore("east", "hive", Client("east", [f"thrift://127.0.0.1:{port}"], connect_s=5, read_s=20))
        with pytest.raises(Unreachable, match=f"metastore 127.0.0.1:{port} of site east: .*Check that") as told:
            READS[read](store)
        assert "\n" not in str(told.value)
        store.close()
