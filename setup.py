"""The one step that pyproject.toml cannot say: `resources/` goes into the wheel as `_resources`."""

import importlib.util
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class BuildWithResources(build_py):
    """An editable install reads `resources/` where it is, so nothing is copied for it."""

    def run(self):
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "ds3_browser", "_resources")
            load("build_resources").ship(target, ROOT / "resources")


def load(name):
    """Load a script of `packaging/`, which is no package and shares a name with one."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "packaging" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


setup(cmdclass={"build_py": BuildWithResources})
