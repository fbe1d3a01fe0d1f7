"""Makes the training script's modules importable the way the script itself sees them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "packaging" / "demo_models"))
