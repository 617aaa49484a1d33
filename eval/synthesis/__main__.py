"""`python -m eval.synthesis`."""

import sys

from eval.synthesis.command import main

if __name__ == "__main__":
    sys.exit(main())
