"""Where Chromium is, and how it is started so that it talks to nobody but the page's own hosts.

It must not know any page.
"""

import os
import shutil

CHROMIUM_MISSING = (
    "The official ChatJS was not tried: there is no Chromium on this machine; "
    "install it with `apt-get install chromium`, or name one in the variable CHROMIUM, and run again."
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=SpareRendererForSitePerProcess,WebUIOmniboxAimPopup,WebUIOmniboxPopup",  # half of its CPU time
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]


def chromium() -> str | None:
    """The path of a Chromium, if there is one: the one that CHROMIUM names, or any on PATH."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ([named] if named else ["chromium", "chromium-browser", "google-chrome"]))
    return next((path for path in found if path), None)
