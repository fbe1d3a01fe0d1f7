"""Makes the build code importable the way the build itself sees it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "packaging" / "installers"))
