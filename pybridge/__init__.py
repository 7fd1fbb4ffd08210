"""xcheck: do a Python port and its Julia original compute the same thing, and is it right?"""

__version__ = "0.1.0"
