"""What a file may cost while its pages are decoded. The defaults suit a machine of 4 GB."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.errors import UsageError

#: Largest picture that is decoded, in pixels: any phone's, and A4 at 1200 dpi.
MAX_PIXELS = 120_000_000
#: Pages read from one file where the caller sets no other limit.
MAX_PAGES = 20
#: Pages are reduced to this many pixels on the longer side: print at 600 dpi is 3,000 wide on a passport page.
MAX_SIDE = 4000


@dataclass(frozen=True)
class Limits:
    """Limits of decoding one file.

    `seconds` is the CPU time of one page; a whole file may take three times as much, and twice as long by the clock.
    `memory` is in MiB. Both are held by the system, memory on Linux only. Pages with a longer side above `side` pixels
    are reduced to it.
    """

    pages: int = MAX_PAGES
    pixels: int = MAX_PIXELS
    seconds: float = 10.0
    memory: int = 1024
    side: int = MAX_SIDE

    def __post_init__(self) -> None:
        """Raises UsageError for what is no limit. No page at all is one: of several files the last may have none."""
        for name, value in vars(self).items():
            most = 1e9 if name == "seconds" else 1e12
            if not isinstance(value, int | float) or not (value > 0 or (name, value) == ("pages", 0)) or value >= most:
                raise UsageError(f"{name} of the limits is a number greater than zero and less than {most:g}")

    @property
    def file_seconds(self) -> float:
        """CPU time of a whole file."""
        return 3 * self.seconds


#: Wall time allowed, as a multiple of the CPU time: a machine has other work to do.
CLOCK = 2.0

DEFAULT = Limits()
