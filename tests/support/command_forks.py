"""Starts the command many times from one process that has loaded it; run as a script, not imported.

Each call is a process of its own with its own arguments, environment and streams. It shares with the other calls only
the start of the interpreter and the modules that nearly every command loads, which together cost most of a second.

The argument is the number of a socket. Each message is one call: JSON, and the descriptors of stdout, stderr and of a
pipe that gets two lines, the process id and the code with which the process ended.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import time

import hadoop_dr.adapters.hive
import hadoop_dr.adapters.native
import hadoop_dr.adapters.zookeeper  # noqa: F401
from hadoop_dr.cli import main

_LARGEST = 1 << 20


def next_call(calls: socket.socket) -> None:
    """Comes back in the process of a call; ends in every other one."""
    while True:
        message, streams, _, _ = socket.recv_fds(calls, _LARGEST, 3)
        if not message:
            os._exit(0)
        if not os.fork():
            calls.close()
            _keep(*streams)
            _become(**json.loads(message))
            return
        for stream in streams:
            os.close(stream)


def _keep(out: int, err: int, told: int) -> None:
    """Starts the process of a call and comes back there; here says how it goes."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        os.write(told, b"%d\n" % pid)
        os.write(told, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os._exit(0)
    for stream, number in ((out, 1), (err, 2)):
        os.dup2(stream, number)
    for stream in (out, err, told):
        os.close(stream)


def _become(arguments: list[str], environ: dict[str, str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(folder)
    sys.argv[1:] = arguments
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who keep a call
    sys.argv[0], number = "hadoop-dr", int(sys.argv[1])
    gc.collect()
    gc.freeze()
    next_call(socket.socket(fileno=number))
    sys.exit(main())
