"""What was meant: by spelling, by a part of the name, or nothing."""

import pytest

from solvable.common.naming import nearest
from solvable.common.optional import optional

MODELS = ["DiagonalLinearNetwork", "LinearRegression", "UnivariateReLUNetwork"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("linear-regresion", "LinearRegression"),
        ("relu", "UnivariateReLUNetwork"),
        ("RELU", "UnivariateReLUNetwork"),
        ("diagonal", "DiagonalLinearNetwork"),
        ("re", ""),  # a part of everything
        ("transformer", ""),
        ("--", ""),
        (None, ""),
        (3, ""),
    ],
)
def test_the_nearest_name(word, meant):
    assert nearest(word, MODELS) == meant


def test_names_among_other_values():
    assert nearest("one", [1, None, "on"]) == "on"


def test_a_package_that_is_missing_is_named():
    assert optional("json.decoder", "nothing").__name__ == "json.decoder"
    with pytest.raises(ValueError, match=r"^a store needs nonesuch: pip install nonesuch$"):
        optional("nonesuch.core", "a store", ValueError)
