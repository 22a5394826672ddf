# %% [markdown]
r"""Verify your own theorem, in ten steps.

Run it from top to bottom (``python -m figures.tutorial.verify_your_theorem``, a few seconds), or cell by cell in an
editor that knows ``# %%``. Every sentence that is printed is asserted below it, so what you read is what happened.

Suppose that this is yours:

    **Lemma.** Train ``beta = u^2 - v^2`` by gradient flow on ``L = |X beta - y|^2 / 2n`` from any start without
    zeros. If it reaches zero loss, then it ends at the interpolant that minimizes

        sum_j [ b_j asinh(b_j / 2a_j) - sqrt(b_j^2 + 4a_j^2) - xi_j b_j ],   a = |u v|,  xi = log|u/v|  at the start.

    *Proof.* ``u' = -2 u g`` and ``v' = 2 v g``, ``g = X^T (X beta - y) / n``. So ``u v`` is conserved, and ``log|u/v|``
    moves by ``-4 int g dt``, which is in the range of ``X^T``. As ``beta = 2a sinh(log|u/v|)``, at the end
    ``asinh(beta/2a) - xi`` is in the range of ``X^T``: the condition of a minimum under ``X b = y``. The sum is convex.

It is short, and so are most proofs in which a factor 2 is lost. Here is how to find out. (The lemma is known: Woodworth
et al., arXiv:2002.09277, for ``u = v``, and Azulay et al., arXiv:2102.09769.)
"""

# %% 1. A model
# A model holds the data and knows nothing of how it will be trained. The parameters are one flat vector, here [u, v].
import sys
import tempfile
from pathlib import Path

import numpy as np

from solvable import DiagonalLinearNetwork, GradientFlow, claim, falsify, simulate, verify
from solvable.phase import Axis, Curve, Diagram, Quantity, grid, vectorized
from solvable.plotting import save_png
from solvable.theory import hypentropy_minimum, least_l1

OUT = Path(sys.argv[1] if __name__ == "__main__" and len(sys.argv) > 1 else tempfile.mkdtemp(prefix="tutorial-"))

rng = np.random.default_rng(0)
X, y = rng.standard_normal((5, 12)), rng.standard_normal(5)
u, v = rng.uniform(0.1, 0.5, 12), rng.uniform(0.1, 0.5, 12)

model = DiagonalLinearNetwork(X, y)
start = model.pack(u=u, v=v)
print(f"1. {model.n_samples} samples, {model.n_params} parameters, loss {model.loss(start):.2f} at the start")
assert model.n_params == 2 * X.shape[1]
assert np.allclose(model.predictor(start), u**2 - v**2)

# %% 2. A simulation
# Dynamics are one class each: GradientDescent, SGD, LabelNoiseSGD, ... (`solvable.dynamics`). A run that diverges is no
# exception but a `status`.
FLOW = {"time": 1e6, "until_loss": 1e-26}
run = simulate(model, GradientFlow(rtol=1e-10), start, **FLOW)
beta = run.predictor(run.final)
print(f"2. the flow ends with the status {run.status.name}, at the loss {model.loss(run.final):.0e}")
assert model.loss(run.final) < 1e-24

# %% 3. A prediction
# `solvable.theory` sees arrays, never a run. A minimum comes with a duality gap, and says whether that certifies it.
a, xi = np.abs(u * v), np.log(np.abs(u / v))
theory = hypentropy_minimum(X, y, a=a, xi0=xi)
print(f"3. a convex program gives the interpolant, certified: {theory.certified} (duality gap {theory.gap:.0e})")
assert theory.certified
assert theory.gap < 1e-12

# %% 4. The difference
# A small number proves nothing, as long as another formula gives a small number too. So take along what the lemma is
# easily confused with: a *rival*.
balanced = hypentropy_minimum(X, y, a=a)
own, other = np.abs(beta - theory.point).max(), np.abs(beta - balanced.point).max()
print(f"4. the lemma is off by {own:.0e}, the same without xi by {other:.2f}")
assert own < 1e-9 < 1e-2 < other


# %% 5. A claim with a rival
# The same as a function of a `lab`. `lab.instance` draws the problem, `lab.require` states a hypothesis, and
# `lab.optimum` compares a point with a minimum. VERIFIED asks that every rival be at least ten tolerances away; a
# claim that its rivals survive is INCONCLUSIVE. In a file test_*.py of your own, pytest finds it.
def draw(rng, n=5, d=12):
    """A problem with more unknowns than equations, and a start of uneven scale and shape."""
    starts = {"u": rng.uniform(0.1, 0.5, d), "v": rng.uniform(0.1, 0.5, d)}
    return {"X": rng.standard_normal((n, d)), "y": rng.standard_normal(n), **starts}


@claim(
    "mine2026-uneven-start",
    title="The end of gradient flow from an uneven start",
    statement=r"$\beta_\infty = \mathrm{argmin}_{Xb=y}\ \phi_a(b) - \langle \xi, b\rangle$ with $a = |uv|$,"
    r" $\xi = \log|u/v|$ at the start",
    source="our note, lemma 1",
    hypotheses=("zero loss is reached",),
    rivals=("xi left out", "half of xi", "twice the scale"),
)
def uneven_start(lab):
    problem = lab.instance(draw)
    X, y, u, v = (problem[name] for name in ("X", "y", "u", "v"))
    model = DiagonalLinearNetwork(X, y)
    run = simulate(model, GradientFlow(rtol=1e-10), model.pack(u=u, v=v), **FLOW)
    lab.require("zero loss is reached", model.loss(run.final) < 1e-20 * np.mean(y**2))
    a, xi = np.abs(u * v), np.log(np.abs(u / v))
    rivals = {
        "xi left out": hypentropy_minimum(X, y, a=a),
        "half of xi": hypentropy_minimum(X, y, a=a, xi0=xi / 2),
        "twice the scale": hypentropy_minimum(X, y, a=2 * a, xi0=xi),
    }
    minimum = hypentropy_minimum(X, y, a=a, xi0=xi)
    lab.optimum(run.predictor(run.final), minimum, rivals=rivals, tolerance=1e-7, reason="the flow has rtol 1e-10")


result = verify(uneven_start)[0]
print(f"5. {result.id}: {result.verdict}")
assert result.verdict.value == "VERIFIED"

# %% 6. Twenty instances
# No theorem may owe its verdict to one seed. The worst verdict counts.
many = verify(uneven_start, instances=20)[0]
print(f"6. on {many.applicable} instances: {many.verdict}")
assert (many.verdict.value, many.applicable) == ("VERIFIED", 20)

# %% 7. Your own data
# A table whose last column is the target. It replaces X and y; what the claim needs besides is drawn to fit. The
# hypotheses decide: with more samples than features no run reaches zero loss, and the lemma says nothing.
table = np.column_stack([np.sin(np.outer(np.arange(1, 5), np.arange(1, 10))), [1.0, 0.5, -0.5, 0.2]])
files = {"mine.csv": table, "tall.csv": np.vstack([table, np.random.default_rng(1).standard_normal((20, 10))])}
verdicts = []
for name, rows in files.items():
    np.savetxt(OUT / name, rows, delimiter=",", header=",".join([*(f"x{j}" for j in range(9)), "y"]), comments="")
    verdicts.append(verify(uneven_start, data=OUT / name)[0].verdict.value)
print(f"7. on a table of 4 x 9: {verdicts[0]}; on one of 24 x 9: {verdicts[1]}")
assert verdicts == ["VERIFIED", "NOT APPLICABLE"]


# %% 8. Falsify
# A verified claim is not a theorem. This one is plausible (small starts find the least l1 norm), and true on the first
# twenty instances. `falsify` searches draws *and their scales* for the smallest margin: what is small depends on y.
@claim(
    "mine2026-small-is-sparse",
    statement=r"From $u = v = 0.03$ the flow ends within 20 % of the least $\ell_1$ norm.",
    source="our note, remark 2",
    hypotheses=("zero loss is reached",),
)
def small_is_sparse(lab):
    problem = lab.instance(lambda rng, n=5, d=12: {"X": rng.standard_normal((n, d)), "y": rng.standard_normal(n)})
    X, y = problem["X"], problem["y"]
    model = DiagonalLinearNetwork(X, y)
    run = simulate(model, GradientFlow(), model.init(scale=0.03), **FLOW)
    lab.require("zero loss is reached", model.loss(run.final) < 1e-12 * np.mean(y**2))
    lab.bound(np.abs(run.predictor(run.final)).sum(), 1.2 * least_l1(X, y).objective)


believed = verify(small_is_sparse, instances=20)[0]
found = falsify(small_is_sparse, trials=40, out=OUT)
again = verify(small_is_sparse, data=found.path)[0]
print(f"8. the remark: {believed.verdict} on twenty instances; {found.verdict} by a search, and again on its file")
assert [believed.verdict.value, found.verdict.value, again.verdict.value] == ["VERIFIED", "REFUTED", "REFUTED"]
size = np.abs(found.instance["y"]).mean() / np.abs(found.instance["X"]).mean()
print(f"   its worst instance has targets {1 / size:.0f} times smaller than its features")
assert size < 0.1

# %% 9. A phase map
# One equation ``b_1 - 1.5 b_2 = 1``. The lemma charges ``L - xi`` for a positive unit and ``L + xi`` for a negative
# one, ``L = log(1/a)``, if a is small. So it buys b_2 < 0 at xi = 0 and b_1 > 0 at large xi: two phases. With the next
# order in 1/L, the boundary is ``xi = ((c - 1)(L - 1) + log c) / (c + 1)``, c = 1.5.
C = 1.5


@vectorized
def first_share(shift, log_inverse_scale):
    """b_1 at the end of the flow, for arrays of parameters: the whole map is one ensemble."""
    model = DiagonalLinearNetwork([[1.0, -C]], [1.0])
    root = np.exp(-log_inverse_scale / 2)
    u, v = root * np.exp(shift / 2), root * np.exp(-shift / 2)
    runs = simulate(model, GradientFlow(), np.stack([u, u, v, v], axis=1), time=1e5, until_loss=1e-20)
    return {"b1": runs.predictor(runs.final)[:, 0]}


def boundary(axes):
    """The prediction, which sees the axes and no value."""
    L = axes["log_inverse_scale"]
    return [Curve(L, ((C - 1) * (L - 1) + np.log(C)) / (C + 1), "lemma: both cost the same")]


shifts, logs = np.linspace(0, 8, 33), np.linspace(2, 24, 34)
diagram = Diagram(
    name="uneven-start",
    title="Which coordinate does an uneven start select?",
    statement=r"$b_1$ if $\xi (c + 1) > (c - 1)(L - 1) + \log c$",
    source="our note, lemma 1",
    axes={
        "shift": Axis(r"shift  $\xi = \log(u/v)$", shifts, shifts),
        "log_inverse_scale": Axis(r"$L = \log(1/a)$", logs, logs),
    },
    values={"b1": Quantity("coefficient $b_1$", limits=(0.0, 1.0), levels=(0.5,))},
    measure=first_share,
    theory=boundary,
)
phases = grid(diagram)
line = boundary(phases.axes)[0].y
far = np.abs(shifts[:, None] - line) > 1.0
right = (phases.values["b1"] > 0.5) == (shifts[:, None] > line)
print(f"9. {phases.shape[0]} x {phases.shape[1]} runs; farther than 1 from the line, the phase is right in all of them")
assert far.sum() > 500
assert np.all(right[far])
assert not np.any(phases.unresolved)

# %% 10. A figure, and what to cite
# `solvable figure --list` names the pictures of the package; a map draws itself, with the theory over it.
save_png(phases.plot(), OUT / "phases.png")
print(f"10. the map, the table and the worst instance are in {OUT}")
assert (OUT / "phases.png").stat().st_size > 10_000
# With `draw` and the claim in a file test_mine.py of your own, pytest tests it beside everything else. Or, alone:
#     solvable verify test_mine.py --instances 20
#     solvable falsify test_mine.py::mine2026-uneven-start --trials 200
# and for the paper:
#     solvable cite azulay2021 woodworth2020
