"""The rules of the house, read from the sources: who may import whom, how long a file may be, what may be compiled."""

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("solvable", "derivations", "figures")
STDLIB = frozenset(sys.stdlib_module_names)

EXPERIMENT = {"integrators", "models", "dynamics"}
PREDICTION = {"theory", "derivations"}
# What each room may import of the house, and of the world (None: anything).
ROOMS = {
    "common": {"common"},
    "integrators": {"common", "integrators"},
    "models": {"common", "integrators", "models"},
    "dynamics": {"common", "integrators", "models", "dynamics"},
    "theory": {"common", "theory"},
    "derivations": {"derivations"},
}
WORLD = {
    "common": {"numpy"},
    "integrators": {"numpy", "numba", "llvmlite"},
    "theory": {"numpy", "scipy"},
    "models": {"numpy", "numba"},
    "dynamics": {"numpy", "numba", "rich", "xarray"},
}
EXCEPTIONS = {"common/blas.py": {"scipy", "threadpoolctl"}}
BOTH_SIDES = {"claims", "phase", "figures", "cli"}
# Among these: diagrams share the experiments of claims, and no claim rests on the machinery of maps.
BELOW = {"claims": {"phase"}}
# Inside theory: all use these, and few rooms use another one.
SHARED = {"minimum", "convex"}
NEIGHBORS = {"sensing": {"diagonal", "deep_linear"}, "noise": {"diagonal"}, "modified": {"noise"}}


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def statements(tree):
    """Every node of the tree, except inside ``if TYPE_CHECKING:``."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if is_type_checking(node):
            stack.extend(node.orelse)
            continue
        yield node
        stack.extend(ast.iter_child_nodes(node))


def imported_modules(path, root):
    """Absolute dotted names that the file imports, wherever in the file."""
    package = list(path.relative_to(root).with_suffix("").parts[:-1])
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = [*base, *(node.module.split(".") if node.module else [])]
            # "from . import x" may import the module x, "from .x import name" the module x: check both readings.
            yield from (".".join([*stem, alias.name]) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            named = node.args[0] if node.args else None
            if isinstance(named, ast.Constant) and isinstance(named.value, str) and not named.value.startswith("."):
                yield named.value


def room_of(dotted):
    """The room of the house that a dotted name belongs to; None for the outside world."""
    parts = dotted.split(".")
    if parts[0] == "solvable":
        return parts[1] if len(parts) > 1 else "solvable"
    return parts[0] if parts[0] in PACKAGES else None


def violations(root):
    """Sentences about forbidden imports below `root`."""
    found = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            place = path.relative_to(root)
            room = room_of(".".join(place.with_suffix("").parts))
            if package == "solvable" and len(place.parts) == 2:
                room = "top"
            for name in imported_modules(path, root):
                target, top = room_of(name), name.split(".")[0]
                if target is not None:
                    allowed = ROOMS.get(room)
                    forbidden = allowed is not None and target not in allowed
                    forbidden |= target in BELOW.get(room, ())
                    forbidden |= room not in (*BOTH_SIDES, *ROOMS) and target in EXPERIMENT | PREDICTION
                    if forbidden:
                        found.append(f"{place} imports {name}")
                elif room in WORLD and top not in STDLIB | WORLD[room]:
                    inside = place.relative_to("solvable").as_posix() if package == "solvable" else place.as_posix()
                    if top not in EXCEPTIONS.get(inside, ()):
                        found.append(f"{place} imports {name}")
    return found


def test_a_prediction_cannot_see_the_simulation():
    assert violations(ROOT) == []


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("solvable/theory/a.py", "from ..dynamics import simulate"),
        ("solvable/theory/a.py", "def f():\n    from .. import models"),
        ("solvable/theory/a.py", "from solvable.integrators.vexp import vexp"),
        ("solvable/theory/a.py", "import sympy"),
        ("solvable/theory/a.py", "import importlib\nimportlib.import_module('solvable.dynamics')"),
        ("solvable/theory/a.py", "import solvable"),
        ("solvable/models/a.py", "from ..theory.minimum import Minimum"),
        ("solvable/models/a.py", "from ..dynamics import simulate"),
        ("solvable/integrators/a.py", "from ..models.base import Model"),
        ("solvable/integrators/fields/a.py", "from ...models.base import Model"),
        ("solvable/integrators/a.py", "import scipy.linalg"),
        ("solvable/common/a.py", "from ..theory import minimum"),
        ("solvable/common/a.py", "import numba"),
        ("solvable/dynamics/a.py", "import derivations"),
        ("solvable/dynamics/a.py", "if True:\n    from ..claims import lab"),
        ("derivations/a.py", "from solvable.common import checks"),
        ("solvable/plotting.py", "from .dynamics import simulate"),
        ("solvable/claims/papers/a.py", "from solvable.phase import grid"),
    ],
)
def test_the_checker_finds_a_planted_violation(tmp_path, place, source):
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(source)
    assert len(violations(tmp_path)) == 1


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("solvable/theory/a.py", "from ..common.checks import real\nimport scipy.linalg, math\nfrom . import minimum"),
        (
            "solvable/theory/a.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..dynamics import simulate",
        ),
        ("solvable/common/blas.py", "import scipy\nfrom threadpoolctl import ThreadpoolController"),
        ("solvable/claims/a.py", "from ..dynamics import simulate\nfrom ..theory import lasso"),
        ("figures/a.py", "import solvable, derivations"),
    ],
)
def test_the_checker_is_silent_about_what_is_allowed(tmp_path, place, source):
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(source)
    assert violations(tmp_path) == []


def crossings(root):
    """Sentences about imports between rooms of theory that are not neighbors."""
    theory = root / "solvable" / "theory"
    for path in sorted(theory.rglob("*.py")):
        room = path.relative_to(theory).parts[0].removesuffix(".py")
        allowed = {"minimum"} if room in SHARED else SHARED | NEIGHBORS.get(room, set())
        for name in imported_modules(path, root):
            parts = name.split(".")
            if parts[:2] == ["solvable", "theory"] and parts[2] not in {room} | allowed:
                yield f"{path.relative_to(root)} imports {name}"


def test_rooms_of_theory_stand_on_their_own():
    assert list(crossings(ROOT)) == []


@pytest.mark.parametrize(
    ("place", "source", "count"),
    [
        ("relu/a.py", "from ..minimum import Minimum\nfrom ..convex.graded import EPSILON\nfrom .b import c", 0),
        ("sensing/a.py", "from ..diagonal.rates import null_space_exponent", 0),
        ("diagonal/a.py", "from ..sensing.entropy import entropy_minimum", 1),
        ("convex/a.py", "from ..diagonal import hypentropy", 1),
        ("relu/a.py", "from .. import lasso", 1),
        ("minimum.py", "def f():\n    from .convex.graded import EPSILON", 1),
    ],
)
def test_the_checker_of_rooms_finds_a_planted_crossing(tmp_path, place, source, count):
    file = tmp_path / "solvable" / "theory" / place
    file.parent.mkdir(parents=True)
    file.write_text(source)
    assert len(list(crossings(tmp_path))) == count


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_are_short(package):
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}
    if lengths:
        assert statistics.median(lengths.values()) <= 150


def test_compiled_code_keeps_nan_and_the_order_of_sums():
    """No fast-math flag beyond contraction and signed zeros, and no jitclass."""
    for path in (ROOT / "solvable").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "fastmath":
                assert not (isinstance(node.value, ast.Constant) and node.value.value), path
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in ("nnan", "ninf", "reassoc", "afn", "arcp"), path
            if isinstance(node, (ast.Name, ast.Attribute)):
                assert ast.unparse(node).split(".")[-1] != "jitclass", path
    from solvable.integrators.compile import OPTIONS

    assert OPTIONS["fastmath"] <= {"contract", "nsz"}
    assert OPTIONS["error_model"] == "numpy"


def test_only_the_compiled_floor_compiles():
    """numba decorators live in integrators/compile.py alone, apart from what wraps a user's own functions there."""
    for path in (ROOT / "solvable").rglob("*.py"):
        if "integrators" in path.parts:
            continue
        for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                decorators = [ast.unparse(d) for d in node.decorator_list]
                assert not any(d.split("(")[0].split(".")[-1] in ("njit", "jit", "vectorize") for d in decorators), path


def public_packages():
    for package in PACKAGES:
        for init in sorted((ROOT / package).rglob("__init__.py")):
            yield ".".join(init.parent.relative_to(ROOT).parts)


@pytest.mark.parametrize("package", list(public_packages()))
def test_no_public_name_is_also_a_submodule(package):
    folder = ROOT / package.replace(".", "/")
    submodules = {path.stem for path in folder.glob("*.py")} | {p.parent.name for p in folder.glob("*/__init__.py")}
    names = set()
    for stub in (folder / "__init__.py", folder / "__init__.pyi"):
        if not stub.exists():
            continue
        tree = ast.parse(stub.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:  # "from . import room" exports the room itself
                names |= {alias.asname or alias.name for alias in node.names}
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOMES":
                names |= set(ast.literal_eval(node.value))
    assert names & submodules == set()


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, solvable, solvable.models, solvable.dynamics, solvable.integrators, solvable.common\n"
        "print([m for m in ('numba', 'sympy', 'scipy', 'matplotlib', 'rich', 'llvmlite') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_a_model_needs_no_numba():
    code = (
        "import sys\nfrom solvable import DiagonalLinearNetwork\n"
        "m = DiagonalLinearNetwork([[1.0, 2.0]], [1.0]); m.gradient(m.init()); m.hessian(m.init()); m.fingerprint()\n"
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"
