"""`python -m extractor` is the `extract` command."""

import sys

from extractor.cli import main

if __name__ == "__main__":
    sys.exit(main())
