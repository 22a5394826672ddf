"""Gradient flow of ReLU networks from event to event: by hand, by quadrature, alone, and in the house."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from solvable import GradientDescent, GradientFlow, LinearRegression, Status, UnivariateReLUNetwork, simulate
from solvable.integrators.knots.flow import CROWD


def invariants(model, theta):
    parts = model.unpack(theta)
    return parts["a"] ** 2 - parts["w"] ** 2 - parts["b"] ** 2


def knots(model, theta):
    parts = model.unpack(theta)
    return -parts["b"] / parts["w"]


def same(a, b):
    assert np.array_equal(a.final, b.final)
    assert a.status == b.status
    assert a.step[-1] == b.step[-1]
    assert a.time[-1] == b.time[-1]
    for x, y in zip(a.events, b.events, strict=True):
        assert np.array_equal(x, y)


# --- by hand -------------------------------------------------------------------------------------------------------


def test_a_pinned_knot_is_a_logistic_function():
    """Knot at x = 0 for good; a = w, so that p = a w obeys p' = p (1 - p), while sample 0 is half seen."""
    model, p0 = UnivariateReLUNetwork([0.0, 1.0], [-2.0, 1.0], 1), 0.1
    root = math.sqrt(p0)
    times = np.linspace(0, 8, 9)
    run = simulate(model, GradientFlow(), [root, root, 0.0], time=8.0, save=times)
    p = 1 / (1 + (1 / p0 - 1) * np.exp(-times))
    exact = np.stack([np.sqrt(p), np.sqrt(p), 0 * p], axis=1)
    np.testing.assert_allclose(run.theta, exact, atol=1e-11)
    assert run.events.kind.tolist() == ["pins"]
    assert run.events.state.tolist() == ["pinned"]
    assert run.events.time.tolist() == [0.0]
    assert run.events.unique.all()


def test_events_are_printed_as_a_count_and_their_first_rows():
    x = np.linspace(-1, 1, 12)
    model = UnivariateReLUNetwork(x, np.sin(5 * x), 40, skip=True)
    events = simulate(model, GradientFlow(), model.init(scale=0.5), time=50.0).events
    assert events.time.size > 8
    first, heading, *rows, more = repr(events).splitlines()
    kinds, counts = np.unique(events.kind, return_counts=True)
    assert sorted(first.removeprefix(f"KnotEvents({events.time.size}: ").removesuffix(")").split(", ")) == sorted(
        f"{count} {kind}" for kind, count in zip(kinds, counts, strict=True)
    )
    assert heading.split() == list(events._fields)
    assert [row.split()[1:] for row in rows] == [[str(entry[k]) for entry in events[1:]] for k in range(8)]
    assert more == f"   ... and {events.time.size - 8} more"
    assert repr(type(events)(*(entry[:0] for entry in events))) == "KnotEvents(0)"


def test_the_time_of_a_crossing_by_quadrature():
    """One sample at 0: a b =: p falls from 3/4 to zero at the speed (p + 1) sqrt(4 + 4 p^2); then nothing is active."""
    model = UnivariateReLUNetwork([0.0], [-1.0], 1)
    when, _ = quad(lambda p: 1 / ((p + 1) * np.sqrt(4 + 4 * p**2)), 0, 0.75, epsabs=1e-14)
    run = simulate(model, GradientFlow(rtol=1e-12), [1.5, 1.0, 0.5], time=3.0)
    assert run.events.time == pytest.approx([when], abs=1e-12)
    assert (run.events.kind[0], run.events.state[0]) == ("passes", "inactive")
    np.testing.assert_allclose(run.final, [math.sqrt(2), 1.0, 0.0], atol=1e-12)


THREE = UnivariateReLUNetwork([0.0, 1.0, 3.0], [-5.0, 3.0, -1.5], 1)
"""On these data a knot at 0 is pinned for a > 0 = b < w, and both a and w shrink."""


def test_an_outer_weight_that_changes_sign_while_pinned():
    """No longer held on the inner side: it goes to the inactive one, and says that it might have gone elsewhere."""
    run = simulate(THREE, GradientFlow(), [0.1, 1.0, 0.0], time=1.0, save=101)
    events = run.events
    assert events.kind.tolist()[:2] == ["pins", "leaves"]
    assert events.unique.tolist()[:2] == [True, False]
    assert events.state[1] == "inactive"
    k = np.searchsorted(run.time, events.time[1])
    assert run.theta[k - 1, 0] > 0 > run.theta[k, 0]
    assert knots(THREE, run.theta[k - 1]) == pytest.approx(0.0, abs=1e-15)
    assert np.all(knots(THREE, run.theta[k:]) > 0)


def test_inner_weights_that_vanish_while_pinned():
    run = simulate(THREE, GradientFlow(), [1.0, 0.1, 0.0], time=5.0)
    assert run.events.kind.tolist() == ["pins", "dies"]
    assert run.events.unique.tolist() == [True, False]
    assert run.final[1:].tolist() == [0.0, 0.0]
    assert run.final[0] == pytest.approx(math.sqrt(0.99), abs=1e-12)


def test_inner_weights_that_vanish_at_once():
    """w = 0 by symmetry, and b runs into zero: both samples lose the neuron in the same moment."""
    model = UnivariateReLUNetwork([-1.0, 1.0], [-1.0, -1.0], 1)
    run = simulate(model, GradientFlow(), [2.0, 0.0, 0.5], time=5.0)
    assert run.events.kind.tolist() == ["dies"]
    np.testing.assert_allclose(run.final, [math.sqrt(3.75), 0.0, 0.0], atol=1e-12)


@pytest.mark.parametrize(
    ("y", "a", "state", "unique"),
    [
        ([-2.0, 1.0], 0.5, "pinned", True),
        ([2.0, -1.0], -0.5, "pinned", True),
        ([2.0, 1.0], 0.5, "active", True),
        ([-2.0, -1.0], 0.5, "inactive", True),
        ([2.0, -1.0], 0.5, "inactive", False),
        ([-2.0, 1.0], 0.0, "pinned", True),
        ([2.0, 1.0], 0.0, "active", True),
    ],
)
@pytest.mark.parametrize("mirrored", [False, True])
def test_knots_that_start_at_a_sample(y, a, state, unique, mirrored):
    """Where the first motion takes them; with a = 0, the first motion of a. Tiny steps agree where it is unique."""
    x = np.array([0.3, 1.3])
    model = UnivariateReLUNetwork(-x if mirrored else x, y, 1)
    start = np.array([a, -1.0 if mirrored else 1.0, -0.3])
    run = simulate(model, GradientFlow(), start, time=0.3)
    events = run.events
    assert (events.time[0], events.sample[0], events.state[0], events.unique[0]) == (0.0, 0, state, unique)
    assert events.kind[0] == ("pins" if state == "pinned" else "passes")
    if unique:
        tiny = simulate(model, GradientDescent(1e-5), start, time=0.3)
        np.testing.assert_allclose(run.final, tiny.final, atol=2e-5)


def test_ties_are_ties_up_to_rounding():
    """0.1 * 3 is not 0.3 in floating point; the knot is at the sample all the same."""
    model = UnivariateReLUNetwork([0.1, 1.1], [-2.0, 1.0], 1)
    run = simulate(model, GradientFlow(), [0.1, 3.0, -0.3], time=0.1)
    assert run.events.state.tolist()[:1] == ["pinned"]


def test_neurons_that_nothing_reaches_do_not_move():
    """w = b = 0; w = 0 > b; all samples on the inactive side; knot at the last sample. And w = 0 < b, which moves."""
    model = UnivariateReLUNetwork([-1.0, 0.0, 1.0], [1.0, -0.5, 2.0], 5)
    start = model.pack(a=[1.0, 2.0, -1.0, 1.0, 0.5], w=[0.0, 0.0, 1.0, 1.0, 0.0], b=[0.0, -1.0, -3.0, -1.0, 0.2])
    run = simulate(model, GradientFlow(), start, time=2.0)
    moved = run.final.reshape(3, 5) - start.reshape(3, 5)
    assert np.all(moved[:, :4] == 0)
    assert np.all(moved[:, 4] != 0)
    assert simulate(model, GradientFlow(), np.zeros(15), time=1e9).final.tolist() == [0.0] * 15


# --- alone ---------------------------------------------------------------------------------------------------------


def test_tolerances_agree_and_the_invariants_are_kept(relu_network):
    """Width 40 to time 20, dozens of events: 1e-8 and 1e-12 agree to 1e-9 in every parameter."""
    met = []
    for seed in range(6):
        model, theta = relu_network(seed, n=6, m=40, deviations=(0.5, 0.3, 0.3))
        rough, fine = (simulate(model, GradientFlow(rtol=rtol), theta, time=20.0, save=40) for rtol in (1e-8, 1e-12))
        assert fine.events.kind.tolist() == rough.events.kind.tolist()
        np.testing.assert_allclose(rough.theta, fine.theta, rtol=0, atol=1e-9)
        for now in fine.theta:
            np.testing.assert_allclose(invariants(model, now), invariants(model, theta), rtol=0, atol=1e-12)
        assert np.all(np.diff(fine.loss) <= 1e-15)
        met += fine.events.kind.tolist()
    assert met.count("pins") >= 30
    assert met.count("passes") >= 30


def test_invariants_with_weight_decay(relu_network):
    model, theta = relu_network(1, skip=True)
    run = simulate(model, GradientFlow(rtol=1e-12, weight_decay=0.3), theta, time=4.0)
    np.testing.assert_allclose(invariants(model, run.final), invariants(model, theta) * math.exp(-2.4), atol=1e-12)


def test_events_happen_at_samples_and_pinned_knots_stay(relu_network):
    model, theta = relu_network(2, n=6, m=20)
    times = np.unique(simulate(model, GradientFlow(), theta, time=10.0).events.time)
    run = simulate(model, GradientFlow(), theta, time=10.0, save=np.append(times, 10.0))
    events = run.events
    assert np.all(np.diff(events.time) >= 0)
    at = knots(model, run.theta[np.searchsorted(run.time, events.time)])[np.arange(events.time.size), events.neuron]
    np.testing.assert_allclose(at, model.x[events.sample], atol=1e-11)
    held = 0
    for k in np.flatnonzero(events.kind == "pins"):
        i, sample = events.neuron[k], events.sample[k]
        later = np.flatnonzero((events.neuron == i) & (np.arange(events.time.size) > k))
        end = events.time[later[0]] if later.size else 10.0
        rows = (run.time >= events.time[k]) & (run.time <= end)
        held += rows.sum() > 1
        np.testing.assert_allclose(knots(model, run.theta[rows])[:, i], model.x[sample], atol=1e-11)
        if later.size:
            assert events.kind[later[0]] in ("leaves", "dies")
    assert held >= 5


def test_knots_move_as_they_should(relu_network):
    """``t_i' = (a_i / w_i)(E0_i + t_i E1_i)`` for knots that are not held (arXiv:1906.07842)."""
    model, theta = relu_network(4, n=6, m=10)
    run = simulate(model, GradientFlow(rtol=1e-12), theta, time=0.5 + 1e-4, save=[0.5 - 1e-4, 0.5, 0.5 + 1e-4])
    before, now, after = run.theta
    speed = (knots(model, after) - knots(model, before)) / 2e-4
    a, w, b = now.reshape(3, -1)
    seen = np.outer(model.x, w) + b > 1e-9
    e = model.residuals(now) / 6
    expected = a / w * (e @ seen + knots(model, now) * ((e * model.x) @ seen))
    free = np.abs(model.x[:, None] - knots(model, now)).min(axis=0) > 1e-6
    assert free.sum() >= 5
    np.testing.assert_allclose(speed[free], expected[free], rtol=1e-5, atol=1e-7)


def test_mirrored_data_have_mirrored_events():
    """Neurons in mirror pairs on mirrored samples: every event happens twice, at the same time."""
    x, y = np.array([-1.1, -0.6, -0.2, 0.2, 0.6, 1.1]), np.array([1.0, -0.5, 0.3, 0.3, -0.5, 1.0])
    rng = np.random.default_rng(0)
    a, w, b = np.repeat(0.4 * rng.standard_normal((3, 8)), 2, axis=1)
    model = UnivariateReLUNetwork(x, y, 16)
    run = simulate(model, GradientFlow(), model.pack(a=a, w=w * np.tile([1, -1], 8), b=b), time=10.0)
    parts, events = model.unpack(run.final), run.events
    assert events.time.size >= 6
    np.testing.assert_allclose(parts["w"][::2], -parts["w"][1::2], atol=1e-9)
    np.testing.assert_allclose(parts["b"][::2], parts["b"][1::2], atol=1e-9)
    left, right = (events.neuron % 2 == k for k in (0, 1))
    for key in (events.kind, events.state, events.neuron // 2):
        order = [np.lexsort((events.neuron[side], events.time[side].round(9))) for side in (left, right)]
        assert np.array_equal(key[left][order[0]], key[right][order[1]])
    np.testing.assert_allclose(np.sort(events.time[left]), np.sort(events.time[right]), atol=1e-10)


def test_equal_neurons_stay_equal(relu_network):
    model, theta = relu_network(3, m=6)
    copies = np.repeat(theta.reshape(3, 6), 2, axis=1) * np.array([[0.5], [1.0], [1.0]])
    double = UnivariateReLUNetwork(model.x, model.y, 12)
    run = simulate(double, GradientFlow(), copies.ravel(), time=5.0)
    parts = run.final.reshape(3, 12)
    assert run.events.time.size >= 4
    assert np.array_equal(parts[:, ::2], parts[:, 1::2])


def test_the_order_of_the_samples_does_not_matter(relu_network):
    model, theta = relu_network(0, n=6)
    turned = np.array([3, 0, 5, 1, 4, 2])
    other = UnivariateReLUNetwork(model.x[turned], model.y[turned], 8)
    run, again = (simulate(net, GradientFlow(), theta, time=5.0) for net in (model, other))
    assert np.array_equal(run.final, again.final)
    assert np.array_equal(model.x[run.events.sample], other.x[again.events.sample])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-6, 0.03, 7.0, 1e5]))
def test_scaled_data_take_scaled_time(relu_network, seed, factor):
    """y -> s y with theta -> sqrt(s) theta only divides the time by s."""
    model, theta = relu_network(seed, n=4, m=6)
    scaled = UnivariateReLUNetwork(model.x, factor * model.y, 6)
    run = simulate(model, GradientFlow(), theta, time=3.0)
    other = simulate(scaled, GradientFlow(), math.sqrt(factor) * theta, time=3.0 / factor)
    assert other.events.kind.tolist() == run.events.kind.tolist()
    np.testing.assert_allclose(other.final / math.sqrt(factor), run.final, atol=1e-8)


def test_rest_costs_nothing(relu_network):
    """At zero loss up to rounding the flow stands still: no step, no event, for any time."""
    model, theta = relu_network(6, n=3, m=12)
    early, late = (simulate(model, GradientFlow(), theta, time=time) for time in (2e3, 1e300))
    assert late.status is Status.HORIZON
    assert late.final_loss < 1e-24
    assert late.step[-1] < 4 * early.step[-1]
    assert late.events.time.size == early.events.time.size


# --- in the house --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [[0.5, 1.5, 8.0], [0.0, 1e-9, 10.0 - 1e-9], [9.5, 0.0, 0.5]])
def test_a_pause_leaves_no_trace(relu_network, pieces):
    model, theta = relu_network(5, skip=True)
    whole = simulate(model, GradientFlow(), theta, time=10.0)
    assert whole.events.time.size >= 5
    run = simulate(model, GradientFlow(), theta, time=pieces[0])
    for time in pieces[1:]:
        run = simulate(model, GradientFlow(), None, resume=run, time=time)
    same(run, whole)
    same(simulate(model, GradientFlow(), theta, time=10.0, save=60), whole)


def test_a_pause_at_an_event(relu_network):
    model, theta = relu_network(5)
    whole = simulate(model, GradientFlow(), theta, time=4.0)
    for when in whole.events.time:
        first = simulate(model, GradientFlow(), theta, time=when)
        assert first.events.time[-1] == when
        same(simulate(model, GradientFlow(), None, resume=first, time=4.0 - when), whole)


def test_members_of_an_ensemble_have_the_bits_of_single_runs(relu_network):
    model, theta = relu_network(2)
    start, decay = theta * np.linspace(0.5, 1.5, 6)[:, None], np.linspace(0, 0.2, 6)
    together = simulate(model, GradientFlow(weight_decay=decay), start, time=4.0, save=5)
    for k in range(6):
        alone = simulate(model, GradientFlow(weight_decay=decay[k]), start[k], time=4.0, save=5)
        assert np.array_equal(together.theta[:, k], alone.theta)
        for x, y in zip(together.events[k], alone.events, strict=True):
            assert np.array_equal(x, y)
    first = simulate(model, GradientFlow(weight_decay=decay), start, time=1.0)
    later = simulate(model, GradientFlow(weight_decay=decay), None, resume=first, time=3.0)
    assert np.array_equal(later.final, together.final)


def test_the_wanted_loss_ends_a_flow(relu_network):
    model, theta = relu_network(6, n=3, m=12)
    run = simulate(model, GradientFlow(), theta, time=1e4, until_loss=1e-6)
    assert run.status is Status.CONVERGED
    assert run.final_loss <= 1e-6
    assert 0 < run.time[-1] < 1e4
    assert np.array_equal(run.theta[-1], run.final)


def test_time_zero(relu_network):
    model, theta = relu_network(0)
    assert np.array_equal(simulate(model, GradientFlow(), theta, time=0.0).final, theta)


@pytest.mark.parametrize("options", [{"inertia": 0.1}, {"strength": 0.1}, {"method": "explicit"}])
def test_what_would_step_across_a_jump_is_refused(relu_network, options):
    model, theta = relu_network(0)
    name = next(iter(options))
    with pytest.raises(ValueError, match=rf"^{name} must be .* UnivariateReLUNetwork, .* jumps .*, got '?[0e]"):
        simulate(model, GradientFlow(**options), theta, time=1.0)


def test_an_overflow_is_a_status(relu_network):
    model, theta = relu_network(0)
    assert simulate(model, GradientFlow(), 1e90 * theta, time=1.0).status is Status.NONFINITE
    assert simulate(model, GradientFlow(), 1e40 * theta, time=1e-85).status is Status.HORIZON


def test_an_accumulation_of_events_is_a_status(relu_network):
    """No data are known that have one; so the count of events in one moment is put up by hand."""
    model, theta = relu_network(0)
    first = simulate(model, GradientFlow(), theta, time=1.0)
    first.state["control"][0, CROWD] = 1e6
    run = simulate(model, GradientFlow(), None, resume=first, time=1.0)
    assert run.status is Status.UNRESOLVED
    assert "accumulate" in run.status.message
    assert run.time[-1] < 2.0


def test_only_these_flows_have_events(relu_network):
    model, theta = relu_network(0)
    with pytest.raises(
        ValueError, match=r"^events are those of a GradientFlow on a UnivariateReLUNetwork, got Gradient"
    ):
        _ = simulate(model, GradientDescent(0.1), theta, steps=2).events
    with pytest.raises(ValueError, match="LinearRegression"):
        _ = simulate(LinearRegression([[1.0]], [1.0]), GradientFlow(), [0.0], time=1.0).events
