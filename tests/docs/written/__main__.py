"""Writes the pages that are written from the code: ``python -m tests.docs.written``."""

from tests.docs.written.pages import WRITTEN

for path, page in WRITTEN.items():
    path.parent.mkdir(exist_ok=True)
    path.write_text(page(), encoding="utf-8")
