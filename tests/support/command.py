"""Where the command of this environment is."""

from __future__ import annotations

import sys
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("hadoop-dr"))
