"""Searches of small spaces give what comparing everything with everything gives."""

from __future__ import annotations

import random
from typing import Any

import brute
import pytest

from cnncalc.diagnostics import SpecError, UsageError
from cnncalc.search.engine import Search
from cnncalc.search.evaluate import Evaluator
from cnncalc.search.found import Found, read
from cnncalc.search.front import Front
from cnncalc.search.problem import Problem, SearchQuestion, from_json
from cnncalc.search.sampling import Sampling, Shuffle, drawn
from cnncalc.search.space import Variable, named, space, variable
from cnncalc.search.store import Store, create
from cnncalc.search.workers import Workers, workers

TRUTH = brute.truth()
GRID = Sampling()


def searched(
    question: SearchQuestion,
    sampling: Sampling = GRID,
    jobs: int = 1,
    chunk: int = 7,
    problem: Problem | None = None,
    store: Store | None = None,
) -> tuple[Search, Any]:
    problem = problem or brute.problem()
    with workers(jobs) as pool:
        ask = Evaluator(problem, question)
        search = Search(ask, question, store or create(":memory:", problem, question), pool, chunk)
        counts = search.run(sampling, lambda _amount: None)
    return search, counts


def found(search: Search, **options: Any) -> Found:
    return read(search.store, search.ask, True, **options)


def test_the_truth_has_networks_and_misfits() -> None:
    assert len(TRUTH) == brute.problem().space.size == 36
    assert sum(figures is None for figures in TRUTH.values()) == 12


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_candidate_has_the_figures_of_its_network(jobs: int) -> None:
    search, counts = searched(
        SearchQuestion(figures=("params", "macs", "peak", "depth", "field")), jobs=jobs
    )
    assert counts == (36, 0)
    points = {point.key: point.figures for point in found(search).points}
    assert points.keys() == {key for key, figures in TRUTH.items() if figures is not None}
    for key, figures in points.items():
        wanted = dict(TRUTH[key] or {})
        wanted["field"] = wanted.pop("receptive_field")
        assert figures == wanted


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ("params < 120k", lambda f: f["params"] < 120_000),
        ("params < 120k and macs >= 2M and peak <= 128KiB",
         lambda f: f["params"] < 120_000 and f["macs"] >= 2 * 10**6 and f["peak"] <= 2**17),
        ("depth == 6 or field > 40", lambda f: f["depth"] == 6 or f["receptive_field"] > 40),
        ("not (macs / params > 70)", lambda f: not f["macs"] / f["params"] > 70),
        ("1M < macs < 5M", lambda f: 10**6 < f["macs"] < 5 * 10**6),
    ],
)  # fmt: skip
def test_constraints_and_fronts_are_those_of_brute_force(where: str, holds: Any) -> None:
    question = SearchQuestion((where,), ("macs", "-params", "max field"))
    search, _ = searched(question)
    passing = {k: f for k, f in TRUTH.items() if f is not None and holds(f)}
    assert {point.key for point in found(search).points} == passing.keys()
    assert 0 < len(passing) < 24
    values = {k: (f["macs"], -f["params"], -f["receptive_field"]) for k, f in passing.items()}
    front = found(search, only_front=True)
    assert {point.key for point in front.points} == brute.front(values)
    assert all(point.values == values[point.key] for point in front.points)
    census = front.census
    failed = sum(times for _, times in census.failed)
    assert (census.tried, census.passed, failed) == (36, len(passing), 24 - len(passing))
    assert [text for text, _ in census.misfits] == ["last: a window of N does not fit in N"]


def test_parameters_and_parts_can_be_asked_for() -> None:
    where = 'set.width >= 16 and wide and one.macs < 1M and "two/c_2".channels == 2 * set.width'
    search, _ = searched(SearchQuestion((where, "depths[0] < 3", "flops.torch == 2 * macs")))
    points = found(search).points
    texts = [search.store.problem.space.texts(point.key) for point in points]
    assert points
    assert {text["width"] for text in texts} <= {"16", "24", "32"}
    assert {text["depths[0]"] for text in texts} <= {"1", "2"}
    for point in points:
        assert point.figures["one.macs"] < 10**6


def test_what_fails_early_is_not_analysed_further() -> None:
    search, _ = searched(SearchQuestion(("field >= 1", "params < 0", "set.width < 32")))
    rows = [result for result, _ in search.store.rows()]
    wide = [row for row in rows if search.store.problem.space.texts(row.key)["width"] == "32"]
    assert len(wide) == 9
    assert all(row.figures == {} and row.error is None for row in wide)  # not even laid out
    assert all("field" not in row.figures for row in rows)


def test_a_finished_candidate_is_not_computed_again() -> None:
    problem = brute.problem()
    store = create(":memory:", problem, SearchQuestion())
    _, counts = searched(SearchQuestion(("params < 120k",), ("macs",)), store=store)
    assert counts == (36, 0)
    for where in ("params < 120k", "params < 30k", "macs < 9M and params < 260k"):
        question = SearchQuestion((where,), ("macs",))
        search, counts = searched(question, store=store)
        fresh, _ = searched(question)
        asked = "macs" in where
        assert counts.computed <= (24 if asked else 0)  # what failed before its macs were asked
        assert found(search).points == found(fresh).points
    _, counts = searched(SearchQuestion(("macs < 2M",), ("params",)), store=store)
    assert counts == (0, 36)


@pytest.mark.parametrize("method", ["uniform", "log-uniform", "stratified", "evolve"])
def test_samples_do_not_depend_on_who_computes_them(method: str) -> None:
    sampling = Sampling(method, 20, seed=3)
    question = SearchQuestion(("params < 300k",), ("macs", "-params"))
    results = []
    for jobs, chunk in ((1, 7), (1, 100), (2, 3)):
        search, _ = searched(question, sampling, jobs, chunk)
        results.append(list(search.store.rows()))
    assert results[0] == results[1] == results[2]
    other, _ = searched(question, Sampling(method, 20, seed=4))
    assert list(other.store.rows()) != results[0]


def test_draws_go_on_until_so_many_pass() -> None:
    question = SearchQuestion(("params < 300k",), ("macs",))
    passing = {key for key, found in TRUTH.items() if found and found["params"] < 300_000}
    order = list(drawn(brute.small(), Sampling("uniform", 36, 3)))
    wanted = [key for key in order if key in passing][:5]
    for jobs, chunk in ((1, 7), (2, 3)):
        search, counts = searched(question, Sampling("uniform", None, 3, 5), jobs, chunk)
        points = found(search).points
        assert {point.key for point in points} == set(wanted)
        assert counts.computed == order.index(wanted[-1]) + 1
    search, _ = searched(question, Sampling("uniform", None, 3, 500))
    assert {point.key for point in found(search).points} == passing  # as many as there are
    search, counts = searched(question, Sampling("uniform", 10, 3, 500))
    assert counts.computed == 10


def test_uniform_samples_never_repeat_and_reach_everything() -> None:
    for count in (1, 2, 3, 17, 64, 1000):
        order = Shuffle(count, seed=count)
        assert sorted(order(i) for i in range(count)) == list(range(count))
    sample = list(drawn(brute.small(), Sampling("uniform", 36, 5)))
    assert sorted(sample) == list(range(36))
    assert sample != sorted(sample)


def test_strata_are_each_drawn_from_once() -> None:
    wide = space([variable("a=1..100"), variable("b=1..50")])
    keys = list(drawn(wide, Sampling("stratified", 50, 1)))
    assert sorted(wide.digits(key)[1] for key in keys) == list(range(50))
    assert sorted(wide.digits(key)[0] // 2 for key in keys) == list(range(50))


def test_logarithmic_draws_are_even_by_ratio() -> None:
    wide = space([named("a", "8..2048:8 log")])
    draws = [8 * (wide.digits(k)[0] + 1) for k in drawn(wide, Sampling("uniform", 4000, 2))]
    below = sum(value < 128 for value in draws) / len(draws)
    assert 0.45 < below < 0.55  # the geometric middle of 8 and 2048
    assert (min(draws), max(draws)) == (8, 2048)


def test_evolution_finds_the_front_of_a_larger_space() -> None:
    large = brute.problem("depths[1]=1..8", "kernel=3,5,7")
    question = SearchQuestion(("params < 60k",), ("macs", "-params"))
    every, _ = searched(question, problem=large)
    whole = {point.key for point in found(every, only_front=True).points}
    some, counts = searched(question, Sampling("evolve", 300, 1), problem=large)
    assert counts.computed <= 300 < large.space.size
    evolved = {point.key for point in found(some, only_front=True).points}
    draw, _ = searched(question, Sampling("uniform", 300, 1), problem=large)
    random_draw = {point.key for point in found(draw, only_front=True).points}
    assert len(evolved & whole) > len(random_draw & whole)
    assert len(evolved & whole) >= len(whole) * 0.6


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_the_front_grows_to_that_of_brute_force(axes: int) -> None:
    chance = random.Random(axes)
    for _ in range(50):
        points = {key: tuple(float(chance.randint(0, 8)) for _ in range(axes)) for key in range(60)}
        front: Front[int] = Front()
        for key, values in points.items():
            front.add(values, key)
        assert set(front.items) == brute.front(points)


def test_variants_vary_and_lists_keep_their_other_items() -> None:
    problem = brute.problem()
    several = problem.replace(
        space=space([Variable("variant", ("plain", "large")), variable("depths[1]=0,4")])
    )
    ask = Evaluator(several, SearchQuestion())
    options = [ask.makes.options(several.space.texts(key)) for key in range(4)]
    assert [o.variant for o in options] == ["plain", "plain", "large", "large"]
    depths = [ask.makes.graph(o).parameters["depths"] for o in options]
    assert depths == [(1, 0), (1, 4)] * 2
    command = ask.makes.command(several.space.texts(3))
    assert command == "cnncalc summary small.yaml --variant large --set 'depths=[1, 4]'"


def test_a_problem_survives_being_written_down() -> None:
    problem = brute.problem("kernel=3,5").replace(settings=(("depths", "[1, 2]"),), batch=4)
    again = from_json(problem.as_json())
    assert again == problem
    assert again.mark == problem.mark != brute.problem().mark


@pytest.mark.parametrize(
    ("where", "message", "column"),
    [
        ("params < 5M and peek < 3", "there is no figure and no parameter `peek`", 17),
        ("params < 5M and", "an expression is missing", 16),
        ("stem.macs < 3", "the network has no layer and no scope `stem`", 1),
        ("macs < 3 and one.mac > 2", "a layer has no figure `mac`", 14),
        ("64MiB > peak and (macs < 1M", "`(` is never closed", 18),
        ("width < 3 and params ? 2", "`?` is not part of an expression", 22),
        ("flops.thopp < 1M", "there is no convention `thopp`", 1),
        ('"one/d_1".macs < 1', "the network has no layer and no scope `one/d_1`", 1),
    ],
)
def test_faults_of_formulas_are_shown_where_they_stand(
    where: str, message: str, column: int
) -> None:
    with pytest.raises(SpecError) as caught:
        Evaluator(brute.problem(), SearchQuestion((where,)))
    (fault,) = caught.value.diagnostics
    assert fault.message == message
    assert fault.span is not None
    assert (fault.span.source.name, fault.span.column) == ("--where", column)
    assert fault.help


def test_a_name_with_two_meanings_is_asked_about() -> None:
    problem = brute.problem().replace(
        text=brute.TEXT.replace("kernel: 3", "depth: 3")
        .replace("kernel: 5", "depth: 5")
        .replace("kernel_size: kernel", "kernel_size: depth")
        .replace("kernel // 2", "depth // 2")
    )
    with pytest.raises(SpecError, match="is a figure and a parameter"):
        Evaluator(problem, SearchQuestion(("depth < 3",)))
    Evaluator(problem, SearchQuestion(("net.depth < 9 and set.depth < 9",)))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (("width",), "NAME=VALUES"),
        (("width=",), "NAME=VALUES"),
        (("width=3..1",), "no usable range"),
        (("wid th=1..3",), "cannot vary"),
        (("width=1..3", "width=4"), "varies twice"),
        (("depths=[1, 2],[2, 2]", "depths[0]=1..2"), "varies, and"),
        (("depths=[1, 2",), "unfinished value"),
        (("width=a,b log",), "by logarithms"),
        ((), "nothing to vary"),
        (tuple(f"{name}=1..9999" for name in "abcdef"), "candidates"),
    ],
)
def test_spaces_that_are_none(texts: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        space([variable(text) for text in texts])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("widht=8..16:8", "no parameter `widht`"),
        ("depths[4]=1..2", "has 2 items"),
        ("width[0]=1..2", "is no list"),
        ("variant=plane", "no variant `plane`"),
        ("input=a,b", "cannot be `a` long"),
    ],
)
def test_variables_that_the_spec_does_not_have(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Evaluator(brute.problem().replace(space=space([variable(text)])), SearchQuestion())


def test_a_faulty_spec_is_no_search() -> None:
    broken = brute.problem().replace(text=brute.TEXT.replace("padding", "pading"))
    with pytest.raises(SpecError, match="did you mean `padding`"):
        Evaluator(broken, SearchQuestion())


def test_values_that_break_a_rule_of_the_spec_are_counted() -> None:
    problem = brute.problem().replace(space=space([variable("width=0..2")]))
    search, counts = searched(SearchQuestion(), problem=problem)
    assert counts.computed == 3
    ((reason, times),) = found(search).census.misfits
    assert times == 1
    assert "out_channels" in reason


def test_a_pool_of_this_process_raises_what_its_task_raises() -> None:
    future = Workers().submit(lambda: 1 // 0)
    assert isinstance(future.exception(), ZeroDivisionError)
