"""The speed of light of a core: multiply-adds a second when nothing has to be loaded.

Twelve independent chains ``x <- x / 2 + s`` of the widest vectors hide the latency of the two ports that multiply and
add; LLVM is asked for the instruction by name, since no loop in the source is sure to become it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba.extending import intrinsic

from .compile import kernel
from .signatures import f8, i8

CHAINS = 12


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

    return f8(i8, f8), generate


@kernel(f8(i8))
def chains(rounds):
    """``x <- x / 2 + 1`` from 1, `rounds` times in every lane of every chain, and summed: 2 for each in the end."""
    return _chains(rounds, 1.0)
