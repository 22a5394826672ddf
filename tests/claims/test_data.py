"""The user's own data: reading files, and putting them where a claim draws its problem."""

import numpy as np
import pytest

from solvable.claims import Verdict, claim, verify
from solvable.claims.datafiles import read_data
from solvable.claims.errors import NotApplicable, UsageError
from solvable.claims.instances import InstanceSource


def write(tmp_path, text, name="data.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "X", "y"),
    [
        ("a,b,c\n1,2,3\n4,5,6\n", [[1, 2], [4, 5]], [3, 6]),
        ("a,y,c\n1,2,3\n4,5,6\n", [[1, 3], [4, 6]], [2, 5]),
        ("1,2,3\n4,5,6\n", [[1, 2], [4, 5]], [3, 6]),
        ("a, y\r\n\r\n1e0, 2\r\n3, 4\r\n", [[1], [3]], [2, 4]),
        ("\ufeffa,y\n1,2\n", [[1]], [2]),
    ],
)
def test_csv_with_features(tmp_path, text, X, y):
    data = read_data(write(tmp_path, text))
    assert list(data) == ["X", "y"]
    np.testing.assert_array_equal(data["X"], X)
    np.testing.assert_array_equal(data["y"], y)


@pytest.mark.parametrize("text", ["x,y\n1,2\n3,4\n", "y,x\n2,1\n4,3\n"])
def test_csv_of_two_columns_x_and_y(tmp_path, text):
    data = read_data(write(tmp_path, text))
    np.testing.assert_array_equal(data["x"], [1, 3])
    np.testing.assert_array_equal(data["y"], [2, 4])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,b\n", "has a header but no rows"),
        ("a,b\n1,2\n3\n", "line 3: expected 2 columns, got 1"),
        ("a,b\n1,2\n3,x\n", "line 3: 'x' is not a number"),
        ("a,b\n1,nan\n", "must be finite"),
        ("a\n1\n", "at least two columns"),
    ],
)
def test_bad_csv_is_one_line(tmp_path, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        read_data(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_bad_npz_and_other_files(tmp_path):
    np.savez(tmp_path / "objects.npz", X=np.array([{}], dtype=object))
    np.savez(tmp_path / "words.npz", X=np.array(["a"]))
    np.savez(tmp_path / "empty.npz", X=np.zeros((0, 3)))
    np.savez(tmp_path / "nothing.npz")
    write(tmp_path, "not an archive", "fake.npz")
    write(tmp_path, "1,2", "data.txt")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00\x01")
    for name in (
        "objects.npz",
        "words.npz",
        "empty.npz",
        "nothing.npz",
        "fake.npz",
        "data.txt",
        "bytes.csv",
        "no.csv",
    ):
        with pytest.raises(UsageError) as caught:
            read_data(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_npz_comes_back(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.eye(3), k=np.array(2))
    assert read_data(tmp_path / "a.npz")["X"].shape == (3, 3)


def draw(rng, n=4, d=2):
    return {"X": rng.standard_normal((n, d)), "y": rng.standard_normal(n), "w": rng.standard_normal(d)}


def test_draws_depend_on_claim_seed_and_call_only():
    def first(claim_id, seed):
        return InstanceSource(claim_id, seed).draw(draw)["X"]

    np.testing.assert_array_equal(first("a2020-b", 1), first("a2020-b", 1))
    assert not np.array_equal(first("a2020-b", 1), first("a2020-b", 2))
    assert not np.array_equal(first("a2020-b", 1), first("a2020-c", 1))
    source = InstanceSource("a2020-b", 1)
    assert not np.array_equal(source.draw(draw)["X"], source.draw(draw)["X"])
    assert sorted(source.drawn) == ["X", "X@2", "w", "w@2", "y", "y@2"]


def test_data_replace_their_entries_and_the_rest_adapts():
    data = {"X": np.ones((7, 5)), "y": np.arange(7)}
    problem = InstanceSource("a2020-b", 0, data).draw(draw)
    np.testing.assert_array_equal(problem["X"], data["X"])
    assert problem["w"].shape == (5,)
    assert problem["y"].dtype == float
    problem["X"][0] = 9
    assert data["X"][0, 0] == 1


def test_numbers_in_the_data_set_parameters_and_keep_their_type():
    def sized(rng, k=3):
        return {"x": rng.standard_normal(k), "count": 4}

    source = InstanceSource("a2020-b", 0, {"k": np.array(8), "count": np.array(6)})
    problem = source.draw(sized)
    assert problem["x"].shape == (8,)
    assert problem["count"] == 6
    assert type(problem["count"]) is int
    source.check_all_used()


@pytest.mark.parametrize(
    "make",
    [lambda rng: draw(rng), lambda rng, n=4: draw(rng, n), lambda rng, n=4, d=2: {**draw(rng), "X": 1.0}],
)
def test_data_of_another_shape_do_not_apply(make):
    with pytest.raises(NotApplicable, match=r"in the data has shape \(7.*, the claim needs shape \("):
        InstanceSource("a2020-b", 0, {"X": np.ones((7, 5)), "y": np.arange(7.0)}).draw(make)


def test_when_everything_is_replaced_any_size_will_do():
    make = lambda rng: {"x": rng.standard_normal(3), "y": rng.standard_normal(3)}  # noqa: E731
    assert InstanceSource("a2020-b", 0, {"x": np.ones(9), "y": np.ones(9)}).draw(make)["x"].shape == (9,)


def plain_and_drawn():
    # Inside a function: the plugin would make tests of claims at the top of this module.
    @claim("me2026-plain", statement="$x$", source="me")
    def plain(lab):
        lab.identity(1.0, 1.0)

    @claim("me2026-drawn", statement="$x$", source="me")
    def drawn(lab):
        lab.identity(np.sum(lab.instance(draw)["X"]), 10.0)

    return plain, drawn


def test_data_that_do_not_enter_make_the_claim_not_applicable():
    plain, drawn = plain_and_drawn()
    X, y = np.ones((5, 2)), np.ones(5)
    assert verify(drawn, data={"X": X, "y": y})[0].verdict is Verdict.VERIFIED
    for claimed, data in ((plain, {"X": X, "y": y}), (drawn, {"x": y, "y": y}), (drawn, {"q": y})):
        result = verify(claimed, data=data)[0]
        assert result.verdict in (Verdict.NOT_APPLICABLE, Verdict.REFUTED)
        assert "the data hold" in result.worst.message
    assert verify(plain, data={"X": X})[0].verdict is Verdict.NOT_APPLICABLE


def test_bad_data_are_refused_before_anything_runs():
    for data in ({}, {"X": ["a"]}, {"X": [[1.0], [1.0, 2.0]]}, {"X": [np.inf]}):
        with pytest.raises(ValueError, match=r"data|X in"):
            verify(plain_and_drawn()[0], data=data)


DEGENERATE = {
    "zero column": [
        "karakida2023-smaller-norm",
        "karakida2023-sparsity",
        "li2022-central-path",
        "li2022-weighted-l1",
        "mattstoeger2025-depth2",
        "orvieto2023-anticorrelated",
        "orvieto2023-effective-scale",
        "orvieto2023-lasso",
        "orvieto2023-smoothed-loss",
    ],
    "no targets": [
        "berthier2025-average",
        "berthier2025-lasso-path",
        "berthier2025-monotonicity",
        "berthier2025-weight-decay",
        "jacobs2025-descent",
        "jacobs2025-effective-scale",
        "jacobs2025-lasso",
        "li2022-limit-flow",
        "orvieto2023-effective-scale",
        "orvieto2023-lasso",
        "orvieto2023-smoothed-loss",
        "woodworth2020-conservation",
    ],
}


@pytest.mark.parametrize(("kind", "claim_id"), [(kind, name) for kind, names in DEGENERATE.items() for name in names])
def test_degenerate_data_fail_a_hypothesis(tmp_path, kind, claim_id):
    """A feature that is always zero, or nothing to fit: the claim does not apply, and says why."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6, 12))
    if kind == "zero column":
        X[:, 4] = 0.0
    y = X[:, :3].sum(axis=1) if kind == "zero column" else np.zeros(6)
    np.savez(tmp_path / "data.npz", X=X, y=y)
    (result,) = verify(claim_id, data=str(tmp_path / "data.npz"))
    assert result.verdict is Verdict.NOT_APPLICABLE, str(result)
    assert not all(result.outcomes[0].hypotheses.values())
