"""Makes the macOS image: `python packaging/installers/macos.py APP OUT`, APP being the Penjing.app that freeze.py left.

Signs with the identity in PENJING_SIGN_IDENTITY (else ad hoc, which Macs ask about) and, if PENJING_NOTARY_PROFILE
names credentials that `xcrun notarytool store-credentials` has put into the keychain, has Apple notarise the image.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENTITLEMENTS = HERE / "macos" / "entitlements.plist"


def main(app: Path, out: Path) -> Path:
    """Makes the image. Returns its file."""
    image = out / f"Penjing-{version('penjing')}-{os.uname().machine}.dmg"
    with tempfile.TemporaryDirectory() as folder:
        for step in steps(app, image, Path(folder), os.environ):
            subprocess.run(step, check=True)
    return image


def steps(app: Path, image: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[list[str]]:
    """The commands, in order. `folder` is empty and becomes what the image shows."""
    identity = environment.get("PENJING_SIGN_IDENTITY", "-")
    signing = ["codesign", "--force", "--deep", "--options", "runtime", "--entitlements", str(ENTITLEMENTS)]
    if identity != "-":
        signing.append("--timestamp")
    yield [*signing, "--sign", identity, str(app)]
    yield ["codesign", "--verify", "--deep", "--strict", str(app)]
    yield ["cp", "-R", str(app), str(folder)]
    yield ["ln", "-s", "/Applications", str(folder / "Applications")]
    yield ["hdiutil", "create", "-volname", "Penjing", "-srcfolder", str(folder), "-format", "ULMO", "-ov", str(image)]
    if profile := environment.get("PENJING_NOTARY_PROFILE"):
        yield ["codesign", "--force", "--sign", identity, "--timestamp", str(image)]
        yield ["xcrun", "notarytool", "submit", str(image), "--keychain-profile", profile, "--wait"]
        yield ["xcrun", "stapler", "staple", str(image)]


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
