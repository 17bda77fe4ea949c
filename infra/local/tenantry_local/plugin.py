"""A module of somebody else's over this overlay: for tests that need what AWS does rarely, or never.

`TENANTRY_LOCAL_PLUGIN` names a Python file with a function `install`, which is
called once, after the overlay's own. Without it, nothing is loaded.
"""

from __future__ import annotations

import importlib.util
import os


class PluginError(Exception):
    """What `TENANTRY_LOCAL_PLUGIN` names is no plug-in."""


def install() -> None:
    """Load the plug-in, if one is named. Raises PluginError for a file that is none."""
    path = os.environ.get("TENANTRY_LOCAL_PLUGIN")
    if not path:
        return
    spec = importlib.util.spec_from_file_location("tenantry_local_plugin", path)
    if spec is None or spec.loader is None or not os.path.isfile(path):
        raise PluginError(f"TENANTRY_LOCAL_PLUGIN names no Python file: {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, "install", None)):
        raise PluginError(f"TENANTRY_LOCAL_PLUGIN has no function `install`: {path}")
    module.install()
