"""What a contender concludes from the heartbeat of a claim (I3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.runs.heartbeat import (
    Contender,
    Contention,
    Heartbeat,
    Owner,
    Watched,
    contend,
    decode_heartbeat,
    encode_heartbeat,
    patience_s,
    watch,
)
from hadoop_dr.domain.runs.process import Process

BEAT = Heartbeat(7, 3, Process("h ü", 1, 2))
HANDOVER = replace(BEAT, awaits="place", quiet_s=600.0)
OTHER = Contender("other", waits=False, after_s=30.0)
WAITING = replace(OTHER, waits=True)
SAME = replace(OTHER, run="first")
FIRST = Owner("first")


@pytest.mark.parametrize("heartbeat", [BEAT, HANDOVER, replace(BEAT, who=None)])
def test_a_heartbeat_reads_back_as_it_was_shown(heartbeat: Heartbeat) -> None:
    assert decode_heartbeat(encode_heartbeat(heartbeat)) == heartbeat


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"7", b"\xff", b'{"claim":"x","count":1,"who":{}}', b"null"])
def test_what_is_no_heartbeat_shows_nothing(content: bytes) -> None:
    assert decode_heartbeat(content) is None


def test_a_look_that_shows_nothing_or_nothing_new_takes_no_standstill_back() -> None:
    first = watch(None, BEAT, 5.0)
    assert first == Watched(BEAT, 5.0, moved=False)
    assert watch(first, BEAT, 9.0) == first
    assert watch(first, None, 9.0) == first
    assert watch(first, replace(BEAT, count=4), 9.0) == Watched(replace(BEAT, count=4), 9.0, moved=True)
    assert watch(watch(None, None, 1.0), BEAT, 2.0) == Watched(BEAT, 2.0, moved=True)


def test_a_heartbeat_that_stands_still_for_the_preset_time_is_taken_over_and_not_before() -> None:
    for contender in (OTHER, WAITING, SAME):
        for shown in (BEAT, None):
            watched = Watched(shown, 100.0)
            assert contend(FIRST, contender, watched, 129.9) is Contention.LOOK_AGAIN
            assert contend(FIRST, contender, watched, 130.0) is Contention.TAKE_OVER


def test_one_that_moves_is_busy_for_who_does_not_wait() -> None:
    moved = Watched(BEAT, 100.0, moved=True)
    assert contend(FIRST, OTHER, moved, 100.1) is Contention.BUSY
    assert contend(FIRST, WAITING, moved, 100.1) is Contention.LOOK_AGAIN
    assert contend(FIRST, SAME, moved, 100.1) is Contention.LOOK_AGAIN
    assert contend(FIRST, WAITING, moved, 130.0) is Contention.TAKE_OVER


def test_what_is_awaited_is_waited_for_by_others_and_not_by_a_later_try_of_the_same_run() -> None:
    watched = Watched(HANDOVER, 100.0)
    for contender in (OTHER, WAITING):
        assert contend(FIRST, contender, watched, 699.9) is Contention.LOOK_AGAIN
        assert contend(FIRST, contender, watched, 700.0) is Contention.TAKE_OVER
    assert contend(FIRST, SAME, watched, 130.0) is Contention.TAKE_OVER


def test_a_short_wait_shortens_no_ones_patience() -> None:
    assert patience_s(OTHER, replace(HANDOVER, quiet_s=1.0), own=False) == 30.0


def test_a_process_that_was_to_do_everything_and_has_ended_is_taken_over_at_once() -> None:
    for shown in (BEAT, HANDOVER, None):
        for moved in (False, True):
            watched = Watched(shown, 100.0, moved)
            assert contend(Owner("first", ended=True), OTHER, watched, 100.0) is Contention.TAKE_OVER


def test_the_end_of_the_process_that_showed_the_newest_heartbeat_matters_to_its_own_run_alone() -> None:
    """Another task of the run may be at work, or about to be."""
    owner = Owner("first", shower_ended=True)
    assert contend(owner, SAME, Watched(HANDOVER, 100.0), 100.0) is Contention.TAKE_OVER
    assert contend(owner, OTHER, Watched(HANDOVER, 100.0), 130.0) is Contention.LOOK_AGAIN
    assert contend(owner, OTHER, Watched(BEAT, 100.0, moved=True), 100.0) is Contention.BUSY
