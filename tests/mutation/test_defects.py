"""The list of deliberate defects keeps up with the code that they would be put into."""

from pathlib import Path

import pytest

from tests.mutation.defects import DEFECTS, Defect

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_fits_in_one_place(defect: Defect) -> None:
    """What stands nowhere any more, or twice, could not be put in."""
    assert (ROOT / defect.file).read_text(encoding="utf-8").count(defect.old) == 1
