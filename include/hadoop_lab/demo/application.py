"""An application of the demo, a process of its own: it writes small files through the client library, and says so.

``python -m hadoop_lab.demo.application PAIR HOME`` writes one line for each file that was acknowledged: the site.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from hadoop_dr.client import DrClient
from hadoop_lab.demo.data import LANDING


def main(pair: str, home: str) -> None:
    """Writes until it is ended; what fails it tries again."""
    with DrClient(pair, Path(home)) as client:
        files, written = client.filesystem(), 0
        while True:
            try:
                site = client.endpoints().site
                with files.open(f"{LANDING}/from the client/{written:06} ü%", "wb") as out:
                    out.write(b"acknowledged")
            except Exception as error:
                print(f"tries again: {error}", file=sys.stderr, flush=True)
            else:
                print(site, flush=True)
                written += 1
            time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
