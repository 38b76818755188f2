"""A load balancer is told by the status of an HTTP answer (S2.25)."""

from __future__ import annotations

import threading

import pytest
import requests

from hadoop_dr.adapters.system.answering import YesOrNo
from hadoop_dr.domain.errors import Failed


def test_the_status_says_yes_or_no_at_each_question() -> None:
    answers = [(True, {"in_use": "ü%"}), (False, {"in_use": "west"}), (True, {})]
    page = YesOrNo("127.0.0.1", 0, lambda: answers.pop(0))
    thread = threading.Thread(target=page.serve)
    thread.start()
    try:
        first, second, third = (ask(f"{page.url}a b%20+#?x") for ask in (requests.get, requests.get, requests.head))
        assert [one.status_code for one in (first, second, third)] == [200, 503, 200]
        assert (first.json(), third.content) == ({"in_use": "ü%"}, b"")
        with pytest.raises(Failed, match="cannot be listened on"):
            YesOrNo("127.0.0.1", int(page.url.rpartition(":")[2].strip("/")), lambda: (True, {}))
    finally:
        page.stop()
        thread.join()
        page.close()
    with pytest.raises(Failed, match="ü host"):
        YesOrNo("ü host", 1, lambda: (True, {}))
