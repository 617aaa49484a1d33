"""What tests of the page do in a browser: bring in files, wait until they are read, look at fields."""

import base64
from collections.abc import Callable
from typing import Any

Open = Callable[..., Any]
#: Milliseconds that a page may take for anything, on a machine whose cores are all taken.
MOST_MS = 90_000


def shown(page: Any) -> None:
    page.wait_for_selector("#work:not([hidden])")
    page.wait_for_selector("#busy", state="hidden")


def drop(page: Any, name: str, data: bytes, kind: str) -> None:
    """Drops a file as a person does: the events a browser makes, with the file in them."""
    page.evaluate(
        """([name, data, type]) => {
            const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, { type }));
            for (const event of ["dragenter", "dragover", "drop"]) {
                const made = new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true });
                document.getElementById("drop").dispatchEvent(made);
                const hidden = document.getElementById("hover").hidden;
                if (event === "dragenter" && hidden) throw new Error("nothing says that it can be dropped");
            }
        }""",
        [name, base64.b64encode(data).decode(), kind],
    )
    shown(page)


def paste(page: Any, data: bytes) -> None:
    page.evaluate(
        """data => {
            const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "image.png", { type: "image/png" }));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""",
        base64.b64encode(data).decode(),
    )


def row(name: str) -> str:
    return f'.field[data-name="{name}"] .row'


def value(page: Any, name: str) -> str:
    return str(page.inner_text(f'.field[data-name="{name}"] .value'))
