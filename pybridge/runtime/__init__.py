"""Which Julia runs: found on the machine, or installed by itself.

>>> runtime = obtain(print)     # in the command's process
>>> prepare(runtime)            # in the worker's, before `import juliacall`
"""

from pybridge.runtime.find import candidates, find
from pybridge.runtime.home import Removed, home, remove
from pybridge.runtime.image import make as make_image
from pybridge.runtime.image import with_image
from pybridge.runtime.install import install, obtain
from pybridge.runtime.model import Candidate, Image, Runtime
from pybridge.runtime.prepare import prepare

__all__ = [
    "Candidate",
    "Image",
    "Removed",
    "Runtime",
    "candidates",
    "find",
    "home",
    "install",
    "make_image",
    "obtain",
    "prepare",
    "remove",
    "with_image",
]
