"""Where the keys of a TOML file stand."""

import pytest

from bots.places import Location, place, places

TEXT = '''# a comment = 1
name = "x"
story = """
fake = 1
[fake]
"""

[pages.top]
ask.first = "a [ b"   # not a [ list
entries = [
  { title = "one" },
  # a remark
  { title = "two", tags = [
      "a = 1",
      "b",
  ] },
]

[[rules]]
words = ["a",
  "b"]
[[rules]]
"odd key" = 1
[[rules.inner]]
deep = 2
[rules.inner.table]
deeper = 3
'''

KNOWN = [
    (("name",), 2),
    (("story",), 3),
    (("pages", "top"), 8),
    (("pages", "top", "ask", "first"), 9),
    (("pages", "top", "entries"), 10),
    (("pages", "top", "entries", 0), 11),
    (("pages", "top", "entries", 1), 13),
    (("rules",), 19),
    (("rules", 0), 19),
    (("rules", 0, "words"), 20),
    (("rules", 1), 22),
    (("rules", 1, "odd key"), 23),
    (("rules", 1, "inner", 0, "deep"), 25),
    (("rules", 1, "inner", 0, "table", "deeper"), 27),
]


@pytest.mark.parametrize(("at", "line"), KNOWN)
def test_a_key_stands_in_its_line(at: Location, line: int) -> None:
    """Tables, lists of tables, dotted and quoted keys, elements of lists."""
    assert places(TEXT)[at] == line


def test_nothing_inside_a_string_is_a_key() -> None:
    """However much it looks like one."""
    assert ("fake",) not in places(TEXT)


def test_what_is_not_known_stands_where_that_stands_which_is_around_it() -> None:
    """The nearest known thing; the first line at last."""
    known = places(TEXT)
    assert place(("pages", "top", "entries", 1, "title"), known) == 13
    assert place(("pages", "top", "entries", 7), known) == 10
    assert place(("nothing",), known) == 1
    assert place((), known) == 1
