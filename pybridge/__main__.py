"""`python -m pybridge` is `xcheck`."""

from pybridge.cli import main

main()
