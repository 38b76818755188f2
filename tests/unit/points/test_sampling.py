"""Which older point a run samples: each in its turn, one that could not be read once more at once (I9, fault 80)."""

from __future__ import annotations

from hadoop_dr.domain.ledger.bodies.sealed import Sampled
from hadoop_dr.domain.points.sampling import next_sample
from hadoop_dr.domain.state.service_state import Point, PointState
from support.entries import sealed as seal


def sealed(*runs: Sampled | None) -> list[Point]:
    """Points by their numbers, each with what its run sampled."""
    return [
        Point(str(number), number, PointState.SEALED, "run", 1, 1, sealed=seal(str(number), sampled=kept))
        for number, kept in enumerate(runs)
    ]


def sample(point: int, *, taken: bool = True) -> Sampled:
    return Sampled(str(point), taken)


def chosen(points: list[Point], *, gone: tuple[int, ...] = ()) -> str | None:
    found = next_sample([point for point in points if int(point.point) not in gone], points)
    return found.point if found else None


def test_points_have_their_turns_in_the_order_in_which_they_were_last_looked_at() -> None:
    runs: list[Sampled | None] = [None, None, None]
    seen = []
    for _ in range(8):
        one = chosen(sealed(*runs))
        assert one is not None
        seen.append(one)
        runs.append(sample(int(one)))
    assert seen == ["0", "1", "2", "0", "3", "1", "4", "2"]


def test_a_sample_that_could_not_be_read_is_tried_once_more_and_then_the_others_have_their_turns() -> None:
    assert chosen(sealed(None, None, sample(1, taken=False))) == "1"
    assert chosen(sealed(None, None, sample(1, taken=False), sample(1, taken=False))) == "0"
    assert chosen(sealed(None, None, sample(1, taken=False), sample(1))) == "0"
    assert chosen(sealed(None, None, sample(0, taken=False), sample(1, taken=False))) == "1"


def test_what_is_gone_is_not_sampled_and_nothing_is_where_nothing_is_left() -> None:
    assert chosen(sealed(None, None, sample(0, taken=False)), gone=(0,)) == "1"
    assert chosen(sealed(None), gone=(0,)) is None
