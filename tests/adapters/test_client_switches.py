"""An application is told of each switch once, whatever its callbacks do."""

from __future__ import annotations

import logging
import queue

import pytest
from fsspec.core import split_protocol
from fsspec.registry import get_filesystem_class

from hadoop_dr.client.switches import Switches
from hadoop_dr.domain.errors import Refused

Answer = tuple[object, str] | Exception


class Scripted:
    """Gives one answer after the other, and the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def __call__(self) -> tuple[object, str]:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_each_switch_is_told_once_and_silence_is_none(caplog: pytest.LogCaptureFixture) -> None:
    east, west, home = ((("east", 1), "east"), (("west", 2), "west"), (("east", 3), "east"))
    switches = Switches(Scripted(Refused("p ü", "none"), east, east, west, Refused("p", "none"), west, home), 0.001)
    told = queue.Queue[str]()

    def fails(_: str) -> None:
        raise RuntimeError("oh ü%")

    switches.add(fails)
    switches.add(told.put)
    with caplog.at_level(logging.ERROR):
        assert [told.get(timeout=10), told.get(timeout=10)] == ["west", "east"]
    switches.close()
    switches.close()
    assert told.empty()
    assert "oh ü%" in caplog.text


def test_a_callback_may_close_the_client_that_calls_it() -> None:
    told = queue.Queue[str]()
    switches = Switches(Scripted((1, "east"), (2, "west")), 0.001)

    def ends(site: str) -> None:
        switches.close()
        told.put(site)

    switches.add(ends)
    assert told.get(timeout=10) == "west"


def test_fsspec_knows_the_protocol_and_a_name_is_taken_as_it_is() -> None:
    made = get_filesystem_class("hadoopdr")
    address = "hadoopdr://east-west/t/a=1 ü%20+#?x"
    assert split_protocol(address)[0] == "hadoopdr"
    assert made._get_kwargs_from_urls(address) == {"pair": "east-west"}
    assert made._strip_protocol([address, "/t/x/", "hadoopdr://east-west"]) == ["/t/a=1 ü%20+#?x", "/t/x", "/"]
