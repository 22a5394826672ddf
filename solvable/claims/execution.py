"""Running one instance of a claim: whatever happens inside becomes an `Outcome`."""

from __future__ import annotations

import contextlib
import os
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from .declaration import Claim
from .errors import ClaimError, NotApplicable
from .evidence import Outcome, judge
from .instances import InstanceSource
from .lab import Lab
from .tasks import BLAS_VARIABLES


def run_instance(
    claim: Claim,
    *,
    seed: int = 0,
    instance: int = 0,
    data: Mapping[str, np.ndarray] | None = None,
    rescale: Callable[[str, np.ndarray], np.ndarray] | None = None,
    keep: dict[str, np.ndarray] | None = None,
) -> Outcome:
    """Run instance number `instance` of a run with `seed`; the problem drawn is copied into `keep`.

    >>> from solvable.claims import claim
    >>> @claim("euler1755-zero", statement="$x - x = 1$", source="nobody")
    ... def zero(lab):
    ...     lab.identity(0.0, 1.0)
    >>> run_instance(zero).verdict.value
    'REFUTED'
    """
    source = InstanceSource(claim.id, seed + instance, data, rescale)
    lab = Lab(claim, seed=seed + instance, source=source)
    message, trace, applicable, failed = "", "", True, False
    start = time.perf_counter()
    try:
        function = claim.load()
        with _one_thread(), warnings.catch_warnings():
            # A verdict must not depend on whether the caller turned warnings into errors.
            warnings.simplefilter("ignore", RuntimeWarning)
            function(lab)
            lab.close()
    except NotApplicable as reason:
        message, applicable = str(reason), False
    except ClaimError as error:
        message, trace, failed = str(error), traceback.format_exc(), True
    except Exception as error:
        message, trace, failed = _one_line(error), traceback.format_exc(), True
    seconds = time.perf_counter() - start
    if keep is not None:
        keep.update(source.drawn)
    return Outcome(
        judge(lab.evidence, claim.rivals, applicable=applicable, error=failed),
        instance,
        seed + instance,
        tuple(lab.evidence),
        dict(lab.hypotheses),
        tuple(lab.notes),
        message,
        trace,
        seconds,
    )


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """One BLAS thread inside, since with two the last bits of a product depend on the machine.

    Wider than `common.blas.one_blas_thread`, which knows the libraries of the package: the limit reaches all that are
    loaded by now, and the variables those that the claim loads itself.
    """
    from threadpoolctl import threadpool_limits

    kept = {name: os.environ.get(name) for name in BLAS_VARIABLES}
    os.environ.update(dict.fromkeys(BLAS_VARIABLES, "1"))
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _one_line(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
