"""`python -m eval.bench`: see `eval.bench.command`."""

import sys

from eval.bench.command import main

sys.exit(main())
