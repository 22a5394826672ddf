"""The verdict algebra, by enumeration against the rules in words."""

import itertools

import pytest

from solvable.claims.verdicts import Agreement, Verdict, exit_code, instance_verdict, worst_verdict

SETS = [c for size in range(4) for c in itertools.combinations_with_replacement(Agreement, size)]


@pytest.mark.parametrize("agreements", SETS)
@pytest.mark.parametrize("rejected", [True, False])
@pytest.mark.parametrize("applicable", [True, False])
@pytest.mark.parametrize("error", [True, False])
def test_instance_verdict_by_enumeration(agreements, rejected, applicable, error):
    verdict = instance_verdict(agreements, rivals_rejected=rejected, applicable=applicable, error=error)
    assert (verdict is Verdict.REFUTED) == (Agreement.OUTSIDE in agreements)
    if Agreement.OUTSIDE not in agreements:
        assert (verdict is Verdict.ERROR) == error
        if not error:
            assert (verdict is Verdict.NOT_APPLICABLE) == (not applicable)
    verified = (
        rejected and applicable and not error and bool(agreements) and all(a is Agreement.INSIDE for a in agreements)
    )
    assert (verdict is Verdict.VERIFIED) == verified


@pytest.mark.parametrize("size", [1, 2, 3])
def test_worst_verdict_by_enumeration(size):
    for verdicts in itertools.product(Verdict, repeat=size):
        worst = worst_verdict(verdicts)
        assert worst is worst_verdict(verdicts[::-1])
        if Verdict.REFUTED in verdicts:
            assert worst is Verdict.REFUTED
        elif Verdict.ERROR in verdicts:
            assert worst is Verdict.ERROR
        elif Verdict.INCONCLUSIVE in verdicts:
            assert worst is Verdict.INCONCLUSIVE
        elif Verdict.VERIFIED in verdicts:
            assert worst is Verdict.VERIFIED
        else:
            assert worst is (Verdict.NOT_APPLICABLE if size == 1 else Verdict.INCONCLUSIVE)


def test_exit_code_by_enumeration():
    for size in range(3):
        for verdicts in itertools.product(Verdict, repeat=size):
            code = exit_code(verdicts)
            if Verdict.REFUTED in verdicts:
                assert code == 1
            elif Verdict.INCONCLUSIVE in verdicts or Verdict.ERROR in verdicts:
                assert code == 3
            else:
                assert code == 0
