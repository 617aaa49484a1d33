"""`python -m extractor.synthesis`."""

import sys

from extractor.synthesis.command import main

if __name__ == "__main__":
    sys.exit(main())
