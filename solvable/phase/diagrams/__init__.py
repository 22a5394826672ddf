"""The named diagrams, one a file, which ends with ``DIAGRAM`` and imports models and theory only inside functions."""

from __future__ import annotations

import importlib

from ..diagram import Diagram

_MODULES: dict[str, str] = {
    "diagonal-edge": "diagonal_edge",
    "diagonal-kernel-rich": "diagonal_kernel_rich",
    "diagonal-recovery": "diagonal_recovery",
    "games": "games",
    "gradient-regularization": "gradient_regularization",
    "label-noise-recovery": "label_noise_recovery",
    "momentum": "momentum",
    "relu-regimes": "relu_regimes",
    "scalar-map": "scalar_map",
    "scalar-steps": "scalar_steps",
    "sensing-recovery": "sensing_recovery",
    "sensing-scale": "sensing_scale",
}


def diagram_names() -> tuple[str, ...]:
    """The names of all diagrams.

    >>> "scalar-map" in diagram_names()
    True
    """
    return tuple(sorted(_MODULES))


def find_diagram(name: str) -> Diagram:
    """The diagram called `name`.

    >>> find_diagram("scalar-map").source
    'arXiv:2509.25351'

    Raises
    ------
    ValueError : there is no diagram of that name; the message lists them.
    """
    if name not in _MODULES:
        raise ValueError(f"there is no diagram {name!r}; the diagrams are {', '.join(diagram_names())}")
    found: Diagram = importlib.import_module(f".{_MODULES[name]}", __name__).DIAGRAM
    return found
