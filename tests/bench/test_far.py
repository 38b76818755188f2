"""A primary on another continent: a delay on every port of it, and what one round trip more costs.

The addresses of the pair file are those of lines that take their time. What a NameNode says of its DataNodes is
rewritten on the way, so that they are as far away.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.many_roots import many_roots
from bench.scene import Bench, asked, say
from support.far_site import far_away

pytestmark = [pytest.mark.bench, pytest.mark.lab, pytest.mark.timeout(1200)]
ROOTS = 3
TRIPS_MS = (0, 40)


def test_an_unchanged_service_whose_primary_is_far_away(lab: dict[str, Any], tmp_path: Path) -> None:
    sealed, commands, requests = {}, {}, {}
    for trip_ms in TRIPS_MS:
        with far_away(lab["east"], trip_ms / 2000) as east:
            home = Bench(tmp_path / f"home {trip_ms}", {"east": east, "west": lab["west"]})
            try:
                many_roots(home, "far", ROOTS)
                home.measure("far")
                ran = min((home.measure("far") for _ in range(2)), key=lambda one: one.sealed_s)
            finally:
                home.close()
        sealed[trip_ms], commands[trip_ms], requests = ran.sealed_s, ran.command_s, asked(ran.document)
    first, last = TRIPS_MS[0], TRIPS_MS[-1]
    say(
        f"unchanged service of {ROOTS} roots, primary far away", sealed_s=sealed, command_s=commands,
        trips_to_the_seal=(sealed[last] - sealed[first]) * 1000 / (last - first),
        trips_of_the_command=(commands[last] - commands[first]) * 1000 / (last - first),
        each_trip_more_costs_ms=TRIPS_MS[1], requests=requests)
