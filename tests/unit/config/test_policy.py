"""Defaults of a policy, and what one run may change of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hadoop_dr.adapters import config
from hadoop_dr.domain.config.policy import Mode, Policy, Transfer, read_policy, with_overrides

HEAD = b"service: billing\npair: east-west\nprotect: [{hdfs: /data/a b}]\n"


def read(more: str = "") -> Policy:
    return read_policy(config.parse(HEAD + more.encode(), "f.yaml"), config.longest_gap_ms)


def test_what_a_file_leaves_out_is_what_the_class_says_and_what_the_shipped_file_shows() -> None:
    least = read()
    text = (Path(__file__).parents[3] / "include/policies/billing.yaml").read_bytes()
    shipped = read_policy(config.parse(text, "f.yaml"), config.longest_gap_ms)
    assert least == Policy("billing", "east-west", least.protect, file="f.yaml")
    chosen_by_the_demo = {"protect": least.protect, "first_moment_ms": None, "smoke": (), "file": "f.yaml",
                          "retention": least.retention, "period_ms": least.period_ms, "rpo_ms": least.rpo_ms}
    assert replace(shipped, **chosen_by_the_demo) == least  # type: ignore[arg-type]


@pytest.mark.parametrize(("schedule", "rpo_h"), [("period: 12h", 24), ('cron: "30 6,18 * * 1-5"', 120)])
def test_the_wanted_bound_of_loss_is_two_moments_apart(schedule: str, rpo_h: int) -> None:
    assert read(schedule).rpo_ms == rpo_h * 3_600_000


def test_a_run_may_have_its_own_mode_and_transfer() -> None:
    policy = read()
    changed = with_overrides(policy, "full", "push")
    assert (changed.mode, changed.transfer) == (Mode.FULL, Transfer.PUSH)
    assert with_overrides(policy, None, None) == policy
