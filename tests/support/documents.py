"""An example of every document of the command line, as the design has them."""

from __future__ import annotations

from typing import Any

POINT, EARLIER = "20261120T020000.000Z", "20261120T014500.000Z"
SNAPSHOT = f"dr-billing-e1-{POINT}"
KEPT = {"site": "west", "snapshots": {"/data/a b": "dr-billing-kept-1"}, "document": "", "count": 1,
        "found": ["/data/a b/x was created"]}  # fmt: skip
CHECK = {"name": "clock", "state": "warn", "detail": "west is 400 ms off", "remedy": "Synchronise it."}
HELD = {"slot": "person", "by": "ann", "reason": "the rack moves", "until": "2026-11-20T06:00:00.000Z", "site": None}
TOLD: dict[str, Any] = {
    "ok": False, "pair": "east-west", "epoch": 1, "access": "east", "held": [HELD],
    "sites": {site: {"role": "primary", "health": {"available": 5, "total": 5}, "fence": None, "readable": True}
              for site in ("east", "west")},
    "services": {
        "billing": {"newest": POINT, "age_seconds": 12.5, "rpo_seconds": 1800.0, "state": "ok", "why": "", "ok": True,
                    "damaged": [], "left_out": 2, "beside": {"west": 641}},
        "payroll": {"newest": None, "age_seconds": None, "rpo_seconds": None, "state": "broken", "ok": False,
                    "why": "include/policies/payroll.yaml:3: unknown key", "damaged": [EARLIER],
                    "left_out": 0, "beside": {}},
    },
}  # fmt: skip
DOCUMENTS: dict[str, dict[str, Any]] = {
    "backup": {
        "service": "billing", "point": POINT, "state": "sealed", "moment": "2026-11-20T02:00:00.000Z", "late_by_ms": 0,
        "skew_ms": 1.2, "proof": "bounded", "verified": "match", "baseline": EARLIER, "epoch": 1,
        "snapshots": {"east": {"/data/a b": SNAPSHOT}, "west": {"/data/a b": SNAPSHOT}},
        "entries": 12, "files_copied": 3, "bytes_copied": 4096, "seconds": {"preflight": 0.2},
        "requests": {"preflight": {"east": 12, "west": 9, "trips": 7}, "audit": {"east": 2}},
        "warnings": ["east has no proven copy"],
        "incomplete": {"count": 1, "objects": [{"object": "table bill.t", "why": "delta", "reason": "its log"}]},
    },
    "points": {"service": "billing", "kept": [KEPT], "beside": {"west": 641}, "points": [
        {"point": POINT, "state": "sealed", "moment": "2026-11-20T02:00:00.000Z", "skew_ms": 1.2, "proof": "atomic",
         "entries": 12, "bytes_copied": 4096, "epoch": 1, "sites": {"east": True, "west": True}, "pinned": False,
         "verified": "cannot tell", "cannot_tell": ["west: no answer"],
         "incomplete": {"count": 0, "objects": []}, "lowered": {"count": 0, "objects": []}},
        {"point": EARLIER, "state": "claimed", "moment": "2026-11-20T01:45:00.000Z", "skew_ms": None, "proof": None,
         "entries": 0, "bytes_copied": 0, "epoch": 1, "sites": {"east": False, "west": False}, "pinned": False,
         "verified": "", "cannot_tell": [],
         "incomplete": {"count": 0, "objects": []}, "lowered": {"count": 0, "objects": []}},
    ]},
    "plan": {
        "service": "billing", "baseline": None, "entries": 0, "files": 0,
        "steps": {"park": 0, "mkdir": 0, "bring": 0, "tail": 0, "attributes": 0, "delete": 0},
        "bytes": 0, "catalog": {"create": 0, "alter": 0, "drop": 0}, "deletions": 0,
        "deletions_by_kind": {kind: {"deleted": 0, "live": 3, "allowed": 1} for kind in (
            "files", "databases", "tables", "views", "partitions", "functions")},
        "needs_approval": ["database bill would be dropped"], "refused": ["west:/d is new"],
        "notes": ["table bill.t is left out"],
    },
    "check": {"service": "billing", "ok": True, "results": [CHECK]},
    "coverage": {"service": "billing", "ok": False, "results": [CHECK | {"state": "fail"}]},
    "verify": {"service": "billing", "point": POINT, "match": 9, "mismatch": ["/data/ö: other bytes"],
               "cannot_tell": ["/data/ü: no digest"]},
    "status": {
        "ok": False, "problems": ["include/pairs/n #s.yaml:3: unknown key 'sits'"],
        "pairs": [TOLD, TOLD | {"pair": "north-south", "epoch": None, "access": None, "held": [], "sites": {}}], **TOLD,
    },
    "hold": {"pair": "east-west",
             "held": [HELD, HELD | {"slot": "monitor", "by": "monitor", "until": None, "site": "east"}]},
    "monitor": {
        "pair": "east-west", "ok": False, "epoch": 1, "held": [HELD],
        "sites": {"east": {"role": "primary", "health": {"available": 2, "total": 5}, "failed": True,
                           "why": "2 of 5 nodes answer", "troubles": ["east: DataNode dn1:9866 does not report"]}},
        "alarms": [{"what": "site failed", "subject": "east", "text": "east has failed", "told": False}],
        "warnings": ["webhook could not be told"],
    },
    "client_agent": {
        "pair": "east-west", "site": "east", "epoch": 1, "directory": "/etc/hadoop/x ü", "written": ["core-site.xml"],
    },
    "client_health": {"pair": "east-west", "site": "east", "url": "http://127.0.0.1:1/"},
    "identity": {
        "pair": "east-west", "epoch": 1, "primary": "east", "access": None,
        "sites": {"east": {"role": "primary", "epoch": 1, "readable": True, "problem": "",
                           "cluster": "CID-2", "recorded_cluster": "CID-1"},
                  "west": {"role": None, "epoch": None, "readable": False, "problem": "west: no answer",
                           "cluster": None, "recorded_cluster": None}},
    },
    "lab_status": {
        "sites": {"east": {
            "hdfs": "hdfs://127.0.0.1:1", "nameservice": None, "namenodes": ["127.0.0.1:1"],
            "webhdfs": ["http://127.0.0.1:2"], "metastore": None, "hiveserver2": None, "zookeeper": "127.0.0.1:3",
            "role": "primary", "daemons": {"namenode": {"pid": 1, "state": "running"}},
        }},
        "airflow": None,
    },
    "unprotect": {
        "service": "billing", "reason": "the rack moves", "points": 2, "points_left": 2, "released": ["/data/a b"],
        "sites": {"east": {"snapshots": 3, "free": ["/data/a b"], "left": {"/data/ü": ["theirs 1"]}}},
        "warnings": ["east:/data/ü cannot be deleted yet"],
    },
    "failover": {
        "pair": "east-west", "from": "east", "to": "west", "epoch": 2, "fence": "forced", "access": "west",
        "points": {"billing": POINT}, "closed": {"crm": "no point of it was ever sealed on west"},
        "rpo_seconds": {"billing": 61.5}, "rto_seconds": {"look": 0.3, "runs": 1.0}, "clients": {},
        "lost": {"billing": {"files": ["/data/a b/late"], "tables": [], "unknown": True}},
        "warnings": ["east announces its old role"],
    },
    "failover_look": {
        "pair": "east-west", "from": "east", "to": "west", "epoch": 1, "at": "2026-11-20T02:00:00.000Z",
        "fence": "forced", "points": {"billing": POINT}, "rpo_seconds": {"billing": 61.5},
        "in_flight": {"billing": {"point": POINT, "ending": "roll forward"}},
        "lost": {"billing": {"files": [], "tables": [], "unknown": True}},
        "checks": [{"name": "namenode", "state": "ok", "detail": "west serves", "remedy": ""}],
    },
    "reprotect": {
        "pair": "east-west", "from": "west", "to": "east", "epoch": 2, "at": "2026-11-20T02:00:00.000Z",
        "approved": True, "points": {"billing": POINT}, "closed": {"crm": "run x works on it"},
        "diverged": {"billing": {"files": ["/data/a b/late was created"], "tables": ["t was created"], "count": 2}},
        "kept": {"billing": {"/data/a b": "dr-billing-kept-2-diverged"}}, "seconds": {"keep": 0.3},
        "released": {"crm": ["/data/ü/.snapshot/dr-crm-kept-2-diverged"]}, "warnings": ["billing: point x: a warning"],
    },
    "free_primary": {"service": "billing", "site": "east", "approved": False, "missing": 1,
                     "points": [{"point": EARLIER, "snapshots": {"/data/a b": [SNAPSHOT]}}],
                     "stays": {POINT: "the next backup copies only what changed since it"}},
    "prune": {"service": "billing", "removed": {"east": [EARLIER]}, "kept": {"east": 2},
              "warnings": ["west is silent"]},
    "explain": {"service": "billing", "point": None, "older": 3, "entries": [
        {"n": 1, "at": "2026-11-20T02:00:00.000Z", "run": "cli-1", "epoch": 1, "kind": "claim", "text": "wants"}]},
    "ledger_check": {"pair": "east-west", "ok": True, "chains": [
        {"chain": "/.hadoop-dr/east-west/ledger", "ok": True, "entries": {"east": 1}, "problems": ["behind"]}]},
    "error": {"error": {"kind": "BadInput", "subject": "f.yaml:7", "problem": "unknown key 'perod'", "remedy": ""}},
}  # fmt: skip
