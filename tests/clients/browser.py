"""Where Chromium is, and how it is started so that it talks to nobody but the page's own hosts.

It must not know any page.
"""

import shutil

CHROMIUM_MISSING = (
    "ChatJS in a browser was not tried: no Chromium on PATH; install it with `apt-get install chromium` and run again."
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
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]


def chromium() -> str | None:
    """The path of a Chromium, if there is one."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)
