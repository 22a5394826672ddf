"""Demonstrations without a browser: what they compute is what they claim, and every control reaches it."""

import numpy as np
import pytest

from figures.demos import NAMES, file_of, logic_of
from figures.demos.logic import diagonal, label_noise, modified, relu, scalar
from figures.demos.logic.equations import Setting
from figures.demos.logic.formulas import formula
from figures.demos.logic.page import image, table
from solvable.theory import fewest_knots

CHANGES = {
    "diagonal": {"optimizer": "SGD", "step_size": 0.05, "scale": 0.5, "noise": 0.4},
    "scalar": {"u": 1.0, "v": -0.5, "step_size": 0.3},
    "relu": {"values": (0.5, -0.4, 0.4, 0.6, -0.3, 0.4), "noise": 0.2, "width": 20, "scale": 0.5, "draw": 2},
    "label-noise": {"step_size": 0.16, "noise": 0.4, "momentum": 0.5, "u": 1.6, "kind": "sign"},
    "modified": {"optimizer": "heavy ball", "order": 3, "step_size": 0.3},
}


def differ(first, second):
    return any(a.shape != b.shape or not np.array_equal(a, b, equal_nan=True)
               for a, b in zip(first.values(), second.values(), strict=True))  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_control_changes_what_is_shown(name):
    logic = logic_of(name)
    before = logic.compute(**logic.START)
    assert not differ(before, logic.compute(**logic.START))
    for key, value in CHANGES[name].items():
        assert differ(before, logic.compute(**logic.START | {key: value})), key
    picture = image(logic.draw(before), "a picture")
    assert picture.startswith("<img")
    assert 'alt="a picture"' in picture
    numbers = logic.numbers(before)
    assert all(f'data-number="{label}"' in table({label: text}) for label, text in numbers.items() if "'" not in label)
    assert file_of(name).is_file()


def test_settings_of_the_pages_are_among_what_their_sliders_offer():
    for name in NAMES:
        logic = logic_of(name)
        offered = {id(v): v for k, v in vars(logic).items() if k.isupper() and isinstance(v, (tuple, dict))}
        for key, value in logic.START.items():
            assert key == "values" or any(value in set(options) for options in offered.values() if _flat(options)), key


def _flat(options):
    return all(isinstance(option, (str, int, float)) for option in options)


@pytest.mark.parametrize("noise", [0.0, 0.4])
@pytest.mark.parametrize("optimizer", ["gradient descent", "heavy ball", "SGD"])
def test_diagonal_prediction_holds_and_that_of_gradient_flow_does_not(optimizer, noise):
    arrays = diagonal.compute(optimizer, 0.02, 0.5, noise)
    np.testing.assert_allclose(arrays["end"], arrays["predicted"], atol=1e-9, equal_nan=False)
    assert np.abs(arrays["end"] - arrays["flow"]).max() > 1e-4


def test_diagonal_says_what_has_no_theorem_and_what_diverged():
    assert diagonal.numbers(diagonal.compute("Adam", 0.02, 0.1, 0.0))["l1, predicted"] == "no theorem"
    lost = diagonal.compute("gradient descent", 0.2, 1.0, 0.0)
    assert list(diagonal.numbers(lost)) == ["diverged"]
    image(diagonal.draw(lost))


@pytest.mark.parametrize("step_size", [0.1, 0.4, 0.8])
def test_scalar_descent_diverges_exactly_outside_of_the_ellipse(step_size):
    for u, v in np.random.default_rng(0).uniform(-4, 4, (12, 2)):
        arrays = scalar.compute(u, v, step_size)
        assert bool(arrays["diverged"]) == (arrays["level"] > 1)


def test_scalar_flows_with_more_terms_end_closer():
    arrays = scalar.compute(-2.2, 2.6, 0.04)
    far = np.linalg.norm(arrays["flows"][:, -1] - arrays["descent"][-1], axis=1)
    assert far[0] > 2 * far[1] > 4 * far[2]


def test_relu_interpolates_and_label_noise_lowers_what_it_descends():
    runs = {noise: relu.compute(**relu.START | {"noise": noise}) for noise in (0.0, 0.4)}
    for arrays in runs.values():
        assert arrays["misfit"] < 1e-4
        assert arrays["curvature"] > arrays["least"] * (1 - 1e-4)
        assert arrays["least_knots"].size == fewest_knots(relu.X, arrays["y"])
    assert runs[0.4]["cost"] < 0.5 * runs[0.0]["cost"]
    assert runs[0.4]["cost"] > runs[0.4]["costs"].min()


def test_label_noise_follows_the_law_of_its_step_and_not_the_leading_one():
    arrays = label_noise.compute(0.16, 0.1, 0.0, 2.0, "gaussian")
    center, spread = label_noise.mean_log(arrays)
    error = spread[-1] / np.sqrt(arrays["theta"].shape[1])
    assert abs(center[-1] - np.log(arrays["law"][-1])) < 5 * error + 0.02
    assert abs(center[-1] - np.log(arrays["leading"][-1])) > 0.3


def test_label_noise_has_no_law_at_an_unstable_minimum():
    assert "the start" in label_noise.numbers(label_noise.compute(0.4, 0.1, 0.0, 2.5, "sign"))


@pytest.mark.parametrize("optimizer", ["gradient descent", "heavy ball"])
def test_modified_equations_have_the_slopes_and_the_heights_of_theory(optimizer):
    setting = Setting(modified.OPTIMIZERS[optimizer], 0.3)
    errors, constants = modified.slopes(setting)
    last = np.round(modified.COUNTS * setting.clock / setting.unit)[-2:]
    for p in modified.ORDERS[:4]:
        slope = np.log(errors[p - 1, -2] / errors[p - 1, -1]) / np.log(last[1] / last[0])
        assert abs(slope - p) < 0.05
        assert abs(errors[p - 1, -1] / (constants[p - 1] * (setting.clock / last[1]) ** p) - 1) < 0.05


def test_formulas_are_those_of_the_papers():
    lines = formula("gradient_descent", 3, 0.0).split(r"\\ ")
    assert lines[1:] == [
        r"&+h\,\big[-\frac{1}{2}\,f'f\big]",
        r"&+h^{2}\,\big[\frac{1}{3}\,f'f'f+\frac{1}{12}\,f''(f, f)\big]\end{aligned}",
    ]
    assert r"&\frac{1}{(1-\beta)}\,f\\ &+h\,\big[-\frac{\beta + 1}{2(1-\beta)^{3}}\,f'f\big]" in formula(
        "heavy_ball", 2, 0.5
    )
    written = formula("heavy_ball", 4, 0.5)
    assert written.count("{") == written.count("}")
    assert r"\beta" not in written
