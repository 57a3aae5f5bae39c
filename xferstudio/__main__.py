"""Lets `python -m xferstudio` do what the `xferstudio` command does."""

import sys

from xferstudio.cli import main

sys.exit(main())
