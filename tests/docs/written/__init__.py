"""Pages that are written from the code: `make pages` writes them, `tests/docs/test_written.py` compares them."""
