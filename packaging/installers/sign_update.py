"""Signs notices of new versions: `python packaging/installers/sign_update.py keys FOLDER`, or `sign KEY NOTICE`.

`keys` makes a pair: FOLDER/update_key.private, to be kept off line, and FOLDER/update_key.txt, for resources/.
`sign` checks that the notice is one, and writes NOTICE.sig beside it.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.updates.notice import read_notice


def make_keys(folder: Path) -> None:
    """Writes a fresh pair of keys. Raises FileExistsError rather than write over one."""
    private = Ed25519PrivateKey.generate()
    file = folder / "update_key.private"
    with file.open("x") as stream:
        file.chmod(0o600)
        stream.write(base64.b64encode(private.private_bytes_raw()).decode() + "\n")
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    (folder / "update_key.txt").write_text(public + "\n")


def sign(key: Path, notice: Path) -> Path:
    """Writes the signature of a notice beside it. Raises UpdateCheckFailed if Penjing would not accept the notice."""
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key.read_text().strip()))
    data = notice.read_bytes()
    signature = base64.b64encode(private.sign(data))
    read_notice(data, signature, base64.b64encode(private.public_key().public_bytes_raw()).decode())
    file = notice.with_name(notice.name + ".sig")
    file.write_bytes(signature + b"\n")
    return file


if __name__ == "__main__":
    if sys.argv[1] == "keys":
        make_keys(Path(sys.argv[2]))
    else:
        sign(Path(sys.argv[2]), Path(sys.argv[3]))
