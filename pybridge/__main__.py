"""`python -m pybridge` is `xcheck`."""

from pybridge.cli import main

if __name__ == "__main__":  # the worker process imports this file too
    main()
