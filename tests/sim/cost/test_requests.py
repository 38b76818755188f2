"""Requests and trips are counted by what waits for what, not by a clock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hadoop_dr.ports.requests import AUDIT, Apart, Requests, asked_for, carried, trips
from hadoop_dr.services.backup.stages import BackupStages
from sim.world import World, fill


def test_requests_are_counted_by_stage_and_site_and_the_audits_apart() -> None:
    asked = Requests()
    east, west = asked.of("east"), asked.of("west")
    east("status")
    asked.begin("plan")
    east("list")
    west("get", 2)
    with asked_for(AUDIT):
        west("list", 7)
    asked.begin("seal")
    assert asked.document() == {
        "before": {"east": 1, "trips": 1}, "plan": {"east": 1, "west": 2, "trips": 3}, "audit": {"west": 7}
    }
    assert asked.by_operation()["audit", "west", "list"] == 7


def test_what_was_asked_in_other_processes_is_added_and_tasks_that_overlap_are_as_long_as_the_longest() -> None:
    asked = Requests()
    asked.begin("seal")
    asked.of("west")("append")
    asked.take_in([
        {"before": {"east": 2, "trips": 2}, "stage": {"east": 5, "trips": 4}},
        {"before": {"east": 2, "trips": 2}, "stage": {"east": 3, "west": 1, "trips": 7}},
    ])
    assert asked.document() == {
        "before": {"east": 4, "trips": 4},
        "stage": {"east": 8, "west": 1, "trips": 7},
        "seal": {"west": 1, "trips": 1},
    }


def test_requests_that_go_out_together_are_one_trip_and_what_waits_for_them_another() -> None:
    asked = Requests()
    note = asked.of("east")
    with ThreadPoolExecutor(4) as pool:
        before = trips()
        answers = [carried(pool, note, "status") for _ in range(20)]
        for answer in answers:
            answer.result()
        assert trips() - before == 1
        carried(pool, note, "status").result()
        assert trips() - before == 2


def test_what_a_loop_hands_out_late_does_not_wait_for_its_first_answers() -> None:
    """A source that asks something for each thing it gives is a chain of its own."""
    asked = Requests()
    note = asked.of("east")
    before = trips()
    with ThreadPoolExecutor(2) as pool:
        plain = Apart(range(5))
        for _ in plain:
            plain.begin(pool, note, "status").result()
        assert trips() - before == 1

        def pages() -> object:
            for number in range(3):
                note("list")
                yield number

        asking = Apart(pages())
        for _ in asking:
            asking.begin(pool, note, "status").result()
    assert trips() - before == 1 + 3 + 1


def test_a_failure_in_another_thread_carries_its_trips_along() -> None:
    asked = Requests()

    def fail(_: int) -> None:
        asked.of("east")("status")
        raise ValueError

    before = trips()
    with ThreadPoolExecutor(1) as pool:
        try:
            carried(pool, fail, 0).result()
        except ValueError:
            assert trips() - before == 1
        else:
            raise AssertionError("it did not fail")


def test_a_point_whose_stages_were_processes_of_their_own_says_what_all_of_them_asked() -> None:
    world = World()
    fill(world)
    told, run = [], "apart"

    def process() -> BackupStages:
        return BackupStages(world.context(), run)

    first = process()
    first.preflight()
    told.append(first.requests())
    for name in ("moment", "plan"):
        stages = process()
        shards = getattr(stages, name)().get("shards", 0)
        told.append(stages.requests())
    for shard in range(shards):
        stages = process()
        stages.stage(shard)
        told.append(stages.requests())
    for name in ("place", "verify"):
        stages = process()
        getattr(stages, name)()
        told.append(stages.requests())
    sealed = process().seal(told)
    assert {"preflight", "moment", "plan", "stage", "place", "verify", "seal"} <= set(sealed["requests"])
    assert sealed["requests"]["preflight"] == told[0]["preflight"]
