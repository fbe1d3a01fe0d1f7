"""What the frozen program leaves out of the packages it bundles, and why."""

from __future__ import annotations

import fnmatch
import pkgutil
from pathlib import PurePosixPath

from core.models.layouts import FAMILIES
from distributions import undeclared_modules

MODULES = {
    # Of the standard library.
    "tkinter": "another window toolkit",
    "idlelib": "a Python editor",
    "lib2to3": "Python 2",
    "ensurepip": "installs pip",
    "turtledemo": "demonstrations",
    "pydoc_data": "Python's own help",
    "test": "tests of Python",
    # Of torch.
    "torch.testing._internal.autocast_test_lists": "tests of torch",
    "torch.testing._internal.autograd_function_db": "tests of torch",
    "torch.testing._internal.common_methods_invocations": "tests of torch",
    "torch.testing._internal.common_modules": "tests of torch",
    "torch.testing._internal.distributed.distributed_test": "tests of torch",
    "torch.testing._internal.distributed.rpc": "tests of torch",
    "torch.testing._internal.generated": "tests of torch",
    "torch.testing._internal.opinfo": "tests of torch",
    "torch.testing._internal.optests": "tests of torch",
    "torch._dynamo.test_case": "tests of torch",
    "torch._inductor.test_case": "tests of torch",
    "torch.utils.tensorboard": "plots of training",
    "torch.onnx": "exports models to another format",
    "caffe2": "torch's predecessor",
    "tensorboard": "plots of training",
    # Of transformers: see also unreachable_models.
    "transformers.cli": "a command line of its own",
    "transformers.trainer": "training",
    "transformers.testing_utils": "tests",
    # Of what else is bundled.
    "sympy.testing": "tests",
    "numpy.typing.mypy_plugin": "checks",
    "pycparser": "reads C declarations for cffi when a package is built",
    # Of Qt.
    "PySide6.QtQml": "Qt Quick: this window is made of widgets",
    "PySide6.QtQuick": "Qt Quick",
    "PySide6.QtQuickWidgets": "Qt Quick",
    "PySide6.QtQuickControls2": "Qt Quick",
    "PySide6.QtDesigner": "designs forms",
    "PySide6.QtUiTools": "loads designed forms",
    "PySide6.QtTest": "tests",
    "PySide6.QtSql": "databases; Python's own sqlite3 keeps the chats",
    "PySide6.QtHelp": "an index over help files",
    "PySide6.QtPrintSupport": "printing",
    "PySide6.QtOpenGL": "3D drawing",
    "PySide6.QtOpenGLWidgets": "3D drawing",
    "PySide6.QtXml": "XML",
    "PySide6.QtConcurrent": "C++ threads",
}
"""Modules by name, with everything below them; besides, all packages that Penjing does not declare."""

FILES = {
    "torch/include/*": "C++ headers",
    "torch/share/*": "files for C++ builds",
    "torch/test/*": "tests of torch",
    "torch/utils/model_dump/*": "a viewer of model files",
    "torch/_inductor/codegen/*.cpp": "templates of compiled code",
    "torch/bin/protoc*": "compiles message formats; torch_shm_manager beside it stays: torch does not start without",
    "torch/bin/test_*": "tests of torch",
    "torch/bin/*_test": "tests of torch",
    "torch/lib/*test*": "tests of torch",
    "torch/lib/libtorch_global_deps.a": "for C++ builds",
    "torch/**/*.a": "for C++ builds",
    "numpy/*/tests/*": "tests of numpy",
    "numpy/_core/include/*": "C headers",
    "numpy/_core/lib/*": "for C builds",
    "numpy/*.pyi": "type information",
    "networkx/*/tests/*": "tests of networkx",
    "PySide6/Qt/translations/[!q]*": "words of Qt's tools",
    "PySide6/Qt/translations/qt[!b]*": "words of parts of Qt that are not used",
    "PySide6/Qt/translations/qtbase_[!z]*": "words of Qt's own dialogs in languages that Penjing does not speak",
    "PySide6/Qt/qml/*": "Qt Quick",
    "PySide6/Qt/lib/libQt6Qml*": "Qt Quick",
    "PySide6/Qt/lib/libQt6Quick*": "Qt Quick",
    "PySide6/Qt/lib/libQt6Pdf*": "a PDF viewer",
    "PySide6/Qt/lib/libQt6VirtualKeyboard*": "a keyboard on the screen",
    "*libQt6Egl*": "full screen without a desktop",
    "PySide6/Qt/lib/libQt6Test*": "tests",
    "PySide6/Qt/lib/libQt6Sql*": "databases",
    "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboard*": "a keyboard on the screen",
    "PySide6/Qt/plugins/platforms/libqeglfs*": "full screen without a desktop",
    "PySide6/Qt/plugins/platforms/libqlinuxfb*": "full screen without a desktop",
    "PySide6/Qt/plugins/platforms/libqminimalegl*": "full screen without a desktop",
    "PySide6/Qt/plugins/platforms/libqvkkhrdisplay*": "full screen without a desktop",
    "PySide6/Qt/plugins/platforms/libqvnc*": "a window over the network: nothing of Penjing listens there",
    "PySide6/Qt/plugins/egldeviceintegrations/*": "full screen without a desktop",
    "PySide6/Qt/plugins/generic/*": "touch screens without a desktop",
    "PySide6/Qt/plugins/platformthemes/libqgtk3*": "would load GTK; the desktop portal does the same job",
    "PySide6/Qt/plugins/imageformats/libqpdf*": "a PDF viewer",
    "PySide6/Qt/plugins/imageformats/libq[twi][iegc][fban]*": "picture formats that Penjing neither has nor shows",
    "PySide6/Qt/plugins/networkinformation/*": "tells when the network comes and goes",
}
"""Files of the bundle by pattern (`*` crosses folders), where a `/` parts folders on every system."""


SYSTEM_LIBRARIES = {
    "libX*": "the X window system",
    "libxcb*": "the X window system",
    "libxkbcommon*": "keyboards",
    "libwayland*": "the Wayland window system",
    "libEGL*": "drawing, which is up to the graphics driver",
    "libGL*": "drawing, which is up to the graphics driver",
    "libfontconfig*": "fonts",
    "libfreetype*": "fonts",
    "libharfbuzz*": "fonts",
    "libgraphite2*": "fonts",
    "libdbus*": "talks to the desktop",
    "libglib*": "talks to the desktop",
    "libgobject*": "talks to the desktop",
    "libgio*": "talks to the desktop",
    "libgmodule*": "talks to the desktop",
    "libgthread*": "talks to the desktop",
    "libsystemd*": "talks to the desktop",
    "libatk*": "of GTK, which is left out",
    "libcairo*": "of GTK, which is left out",
    "libgdk*": "of GTK, which is left out",
    "libpango*": "of GTK, which is left out",
    "libpixman*": "of GTK, which is left out",
    "libfribidi*": "of GTK, which is left out",
    "libthai*": "of GTK, which is left out",
    "libdatrie*": "of GTK, which is left out",
    "libjpeg*": "of GTK, which is left out",
    "libpng*": "brought along by the above",
    "libbrotli*": "brought along by the above",
    "libbsd*": "brought along by the above",
    "libmd*": "brought along by the above",
    "libblkid*": "brought along by the above",
    "libcap*": "brought along by the above",
    "libexpat*": "brought along by the above",
    "libgcrypt*": "brought along by the above",
    "libgpg-error*": "brought along by the above",
    "liblz4*": "brought along by the above",
    "libmount*": "brought along by the above",
    "libpcre2*": "brought along by the above",
    "libselinux*": "brought along by the above",
    "libzstd*": "brought along by the above",
    "libcom_err*": "signs in to companies' networks, which Qt's network part could",
    "libgssapi*": "signs in to companies' networks, which Qt's network part could",
    "libk5crypto*": "signs in to companies' networks, which Qt's network part could",
    "libkeyutils*": "signs in to companies' networks, which Qt's network part could",
    "libkrb5*": "signs in to companies' networks, which Qt's network part could",
    "libreadline*": "line editing in a Python console",
    "libtinfo*": "line editing in a Python console",
    "readline*": "line editing in a Python console",
    "libcudart*": "of CUDA, where it happens to be on the machine that builds: the pack for NVIDIA cards has its own",
}
"""Libraries of Linux that stay out: a desktop has them, fitting its drivers, and keeps them free of known faults.

What of them is needed is in packaging/system-packages.txt, on which the Debian package depends.
"""


def left_out_file(path: str) -> bool:
    """Whether a file, by its path in the bundle, stays out."""
    place = PurePosixPath(path.replace("\\", "/"))
    if any(fnmatch.fnmatchcase(str(place), pattern) for pattern in FILES):
        return True
    # What packages bring along lies in their own folders and is theirs; the system's lies outside.
    outside = len(place.parts) == 1 or place.parent.name == "lib-dynload"
    return outside and any(fnmatch.fnmatchcase(place.name, pattern) for pattern in SYSTEM_LIBRARIES)


def family_packages() -> list[str]:
    """The packages in transformers with the code of the supported families."""
    # Not above: this takes seconds, which a reader of the lists need not wait.
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING  # noqa: PLC0415

    types = [family.text_part or name for name, family in FAMILIES.items()]
    return sorted({".".join(CONFIG_MAPPING[name].__module__.split(".")[:3]) for name in types})


def left_out_modules() -> list[str]:
    """Every module that stays out: those above, what Penjing does not declare, and models that it does not run."""
    from transformers import models  # noqa: PLC0415

    # Besides the families, what transformers itself imports whatever the model is.
    kept = {"transformers.models.auto", "transformers.models.encoder_decoder", *family_packages()}
    present = {f"transformers.models.{module.name}" for module in pkgutil.iter_modules(models.__path__) if module.ispkg}
    return [*MODULES, *undeclared_modules(), *sorted(present - kept)]
