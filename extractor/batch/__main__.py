"""`python -m extractor.batch` is the command `extract-batch`."""

import sys

from extractor.batch.command import main

if __name__ == "__main__":
    sys.exit(main())
