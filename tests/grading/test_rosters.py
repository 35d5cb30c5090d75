"""Students are found by any identifier of theirs, and never by one that two of them share."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.grading.submissions.roster import (
    Person,
    identifiers,
    plain_word,
    read_roster,
    roster_of,
)

IDS = st.text("aAbB1.+-é ", min_size=1, max_size=4).map(str.strip).filter(bool)
PEOPLE = st.lists(st.builds(Person, IDS, st.one_of(st.just(""), IDS)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(PEOPLE)
def test_everybody_is_found_by_the_key_as_written(people: list[Person]) -> None:
    roster = roster_of(people)
    for position, person in enumerate(roster.people):
        assert roster.find([person.key]) == position


@settings(max_examples=60, deadline=None)
@given(PEOPLE, IDS)
def test_a_word_names_at_most_the_one_student_who_bears_it(people: list[Person], word: str) -> None:
    roster = roster_of(people)
    position = roster.find([word])

    def bearers(key_only: bool, folded: bool) -> set[int]:
        form = plain_word if folded else str.strip
        return {
            index
            for index, person in enumerate(roster.people)
            for own in ([person.key] if key_only else identifiers(person))
            if form(own) == form(word)
        }

    # As written before as compared, the key before everything else; the first that is not shared.
    for folded in (False, True):
        for key_only in (True, False):
            own = bearers(key_only, folded)
            if len(own) == 1:
                assert {position} == own
                return
            if own:
                break  # shared: neither, unless the other form tells them apart
    assert position is None


def test_ids_that_differ_in_case_or_signs_only_are_two_students() -> None:
    roster = roster_of([Person("Ann"), Person("ann"), Person("+1"), Person("1"), Person("a.b")])
    assert [roster.find([word]) for word in ("Ann", "ann", "+1", "1", "ab")] == [0, 1, 2, 3, 4]
    assert roster.find(["ANN"]) is None
    assert roster.find(["-1"]) is None


def test_the_roster_of_a_large_course_is_read(tmp_path: Path) -> None:
    rows = [f"{n},Student {'x' * 1000},s{n}@x.edu\n" for n in range(1_100)]
    (tmp_path / "roster.csv").write_text("id,name,email\n" + "".join(rows))
    assert len(read_roster(str(tmp_path / "roster.csv")).people) == 1_100
