"""The speed of light of a core: multiply-adds a second when nothing has to be loaded.

Twelve independent chains ``x <- x / 2 + s`` of the widest vectors hide the latency of the two ports that multiply and
add; LLVM is asked for the instruction by name, since no loop in the source is sure to become it.
"""

from __future__ import annotations

import time
from typing import Any

from llvmlite import binding, ir
from numba import njit, types
from numba.extending import intrinsic

CHAINS, SECONDS = 12, 0.02


def _lanes() -> int:
    features = binding.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("fma") else 2


LANES = _lanes()


@intrinsic
def _chains(typing_context: Any, rounds: Any, start: Any) -> Any:
    """The sum of all chains after `rounds` rounds (so that none of them can be left out)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        index, number = ir.IntType(64), ir.DoubleType()
        vector = ir.VectorType(number, LANES)
        name = f"llvm.fma.v{LANES}f64"
        fma = builder.module.globals.get(name) or ir.Function(
            builder.module, ir.FunctionType(vector, [vector] * 3), name
        )
        count, first = arguments
        begin: Any = ir.Constant(vector, ir.Undefined)
        for lane in range(LANES):
            begin = builder.insert_element(begin, first, ir.Constant(index, lane))
        half = ir.Constant(vector, [0.5] * LANES)
        before, loop, after = builder.block, builder.append_basic_block(), builder.append_basic_block()
        builder.branch(loop)
        builder.position_at_end(loop)
        done, chains = builder.phi(index), [builder.phi(vector) for _ in range(CHAINS)]
        moved = [builder.call(fma, [chain, half, begin]) for chain in chains]
        next_done = builder.add(done, ir.Constant(index, 1))
        for node, old, new in zip(
            [done, *chains], [ir.Constant(index, 0)] + [begin] * CHAINS, [next_done, *moved], strict=True
        ):
            node.add_incoming(old, before)
            node.add_incoming(new, loop)
        builder.cbranch(builder.icmp_signed("<", next_done, count), loop, after)
        builder.position_at_end(after)
        total = moved[0]
        for other in moved[1:]:
            total = builder.fadd(total, other)
        found = builder.extract_element(total, ir.Constant(index, 0))
        for lane in range(1, LANES):
            found = builder.fadd(found, builder.extract_element(total, ir.Constant(index, lane)))
        return found

    return types.float64(types.int64, types.float64), generate


@njit("float64(int64)")
def chains(rounds: int) -> float:
    """``x <- x / 2 + 1`` from 1, `rounds` times in every lane of every chain, and summed: 2 for each in the end."""
    return _chains(rounds, 1.0)  # type: ignore[call-arg, no-any-return]


class PeakLoop:
    """Flops per second that this core reaches now."""

    def __init__(self) -> None:
        self.rounds = 10_000
        while self._timed() < SECONDS:
            self.rounds *= 2

    def flops_per_second(self) -> float:
        """One sample, of 20 to 40 ms."""
        return 2.0 * LANES * CHAINS * self.rounds / self._timed()

    def _timed(self) -> float:
        began = time.process_time()
        chains(self.rounds)
        return time.process_time() - began
