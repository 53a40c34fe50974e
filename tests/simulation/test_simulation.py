"""The simulation itself: it can be repeated exactly, and what it finds is shown with the cause."""

import pytest

from tests.simulation.__main__ import Run, run, shrunk
from tests.simulation.world import FAULTS, Plan

SHORT = 0.1  # days


def trace(tried: Run) -> str:
    return tried.report.partition("trace ")[2].partition(",")[0]


@pytest.mark.sweep  # with the others: ten seconds; .ci/run simulates three hundred worlds besides
def test_the_same_seed_gives_the_same_trace_and_another_seed_another() -> None:
    plan = Plan(7, people=3, days=SHORT)

    traces = [trace(run(each)) for each in (plan, plan, Plan(8, people=3, days=SHORT))]

    assert traces[0] == traces[1] != traces[2]


@pytest.mark.sweep
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_goes_wrong_while_one_kind_of_fault_happens(fault: str) -> None:
    tried = run(Plan(1, people=3, days=SHORT, faults=(fault,)))

    assert not tried.is_wrong, tried.report


def test_leaving_out_a_fault_changes_no_other() -> None:
    schedule = Plan(5, days=1.0).schedule()

    fewer = Plan(5, days=1.0, left_out=frozenset({schedule[1].number})).schedule()

    assert fewer == [schedule[0], *schedule[2:]]


def test_a_failure_is_told_with_the_faults_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(5, days=1.0)
    needed = plan.schedule()[2]

    def fails_with_that_fault(tried: Plan) -> Run:
        return Run(tried, needed in tried.schedule(), "")

    monkeypatch.setattr("tests.simulation.__main__.run", fails_with_that_fault)

    told = shrunk(plan)

    assert told.splitlines()[1] == f"  {needed.at:.0f} s: {needed.kind}"
    assert len(told.splitlines()) == 3
