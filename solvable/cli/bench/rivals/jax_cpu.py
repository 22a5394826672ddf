"""JAX as it takes part: float64, and one thread (XLA reads the environment when it is first used).

Its pool has as many threads as ``NPROC`` says. With more of them it divides even small loops, and what their handshake
costs is processor time, too: up to a factor of 1.9 here.
"""

from __future__ import annotations

import os

os.environ["NPROC"] = "1"
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax

jax.config.update("jax_enable_x64", True)
