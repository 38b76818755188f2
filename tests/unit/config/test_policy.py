"""Defaults of a policy, and what one run may change of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from hadoop_dr.adapters import config
from hadoop_dr.domain.config.policy import (
    Acid,
    Drift,
    Limits,
    Mode,
    Policy,
    Retention,
    Transfer,
    Unprotectable,
    Unproven,
    read_policy,
    with_overrides,
)
from hadoop_dr.domain.config.quantities import DeletionLimit
from hadoop_dr.domain.config.retention import rule
from hadoop_dr.domain.errors import BadInput

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


def test_a_policy_file_is_read_whole() -> None:
    text = (Path(__file__).parents[2] / "policies/valid/every-key.yaml").read_bytes()
    policy = read_policy(config.parse(text, "f.yaml"), config.longest_gap_ms)
    assert policy == Policy(
        "billing-2", "east-west", policy.protect, 1_795_140_000_250, 3_600_000, None, Transfer.PUSH, Mode.FULL, 1_500,
        2_000, Retention(rule("3"), rule("5, 48h:30m, 30d:1d")), Drift.RESTORE,
        Limits(DeletionLimit(Fraction(1, 40), 0), 0), 10_800_000,
        ("select count(*) from billing.invoices",
         "select max(day) from billing.invoices where note = 'a: b # c'"),
        Acid.SKIP, Unprotectable.REFUSE, Unproven.SEAL, 500, 120_000, 1_200_000, 0, 4, "f.yaml",
    )  # fmt: skip
    assert (policy.pair_place, policy.protect[0].place) == ("f.yaml:3", "f.yaml:5")
    assert policy.protected() == {
        "hdfs": ("/data/billing/archive", "/data/billing/landing"), "hive": ("billing.inv*", "ledger"),
    }  # fmt: skip


def test_what_an_inner_mapping_leaves_out_has_its_default() -> None:
    least = read()
    assert read("retention: {primary: 3}").retention == replace(least.retention, primary=rule("3"))
    assert read("retention: {secondary: 3}").retention == replace(least.retention, secondary=rule("3"))
    assert read("limits: {deletions: 3%}").limits == Limits(DeletionLimit(Fraction(3, 100)))
    assert read("limits: {deletions: {share: 3%}}").limits == Limits(DeletionLimit(Fraction(3, 100)))
    assert read("limits: {deletions: {at_least: 3}}").limits == Limits(DeletionLimit(at_least=3))
    assert read("limits: {bandwidth: 1B/s}").limits == replace(least.limits, bandwidth_bytes_s=1)


def test_values_at_their_bounds_are_taken() -> None:
    assert (read("period: 1s\nrpo: 1s").period_ms, read("period: 1s\nrpo: 1s").rpo_ms) == (1_000, 1_000)
    assert [read(f"stage_tasks: {tasks}").stage_tasks for tasks in (1, 1_000)] == [1, 1_000]
    assert read('cron: "0 * * * *"').cron == "0 * * * *"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"pair: East\nservice: a\nprotect: [{hdfs: /a}]", "f.yaml:1: 'pair' is 'East'"),
        (HEAD + b"limits: 3", "f.yaml:4: 'limits' has to be a mapping of keys to values"),
        (HEAD + b"cron: ", "f.yaml:4: 'cron' has no value"),
        (HEAD + b"cron: x", "f.yaml:4: 'cron' 'x' "),
        (b"service: a\npair: b\nprotect: [{hdfs: //}]", "f.yaml:3: 'hdfs' '/' holds more than one service"),
    ],
)
def test_what_is_wrong_with_a_policy_file_is_named_with_its_place(text: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_policy(config.parse(text, "f.yaml"), config.longest_gap_ms)


@pytest.mark.parametrize(("schedule", "rpo_h"), [("period: 12h", 24), ('cron: "30 6,18 * * 1-5"', 120)])
def test_the_wanted_bound_of_loss_is_two_moments_apart(schedule: str, rpo_h: int) -> None:
    assert read(schedule).rpo_ms == rpo_h * 3_600_000


def test_a_run_may_have_its_own_mode_and_transfer() -> None:
    policy = read()
    changed = with_overrides(policy, "full", "push")
    assert (changed.mode, changed.transfer) == (Mode.FULL, Transfer.PUSH)
    assert with_overrides(policy, None, None) == policy
