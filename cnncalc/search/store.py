"""What was found, in one SQLite file: one row for each finished candidate.

Rows are written in transactions, one for each chunk: whatever ends the process, the file holds
whole chunks, and what a transaction had begun is taken back by whoever opens the file next.
Figures stand in columns `f0, f1, ...` and values of variables in `v0, v1, ...`; the view
`candidates` has both under their names, for whoever reads the file with other tools.
"""

from __future__ import annotations

import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError
from cnncalc.search.evaluate import Result, Verdict
from cnncalc.search.problem import Problem, SearchQuestion, from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SCHEMA = "cnncalc.search/1"
AT_ONCE = 500  # keys in one question to the file
UNASKED = -1  # the number of a question that no row has


class Store:
    """An open file of results; `problem` is what was searched, `figures` the columns by name."""

    def __init__(self, path: str, connection: sqlite3.Connection, problem: Problem) -> None:
        self.path = path
        self.connection = connection
        self.problem = problem
        self.figures: dict[str, str] = dict(connection.execute("SELECT name, place FROM figures"))
        self.question = UNASKED
        self.cells = [[number(text) for text in v.choices] for v in problem.space.variables]

    def ask(self, question: SearchQuestion, columns: Sequence[str]) -> None:
        """Make the question the one in force, and see that its figures have columns."""
        run = self.connection.execute
        with self.connection:
            run("BEGIN IMMEDIATE")
            self.question = put_question(self.connection, question)
            for name in columns:
                if name not in self.figures:
                    column = f"f{len(self.figures)}"
                    run(f"ALTER TABLE found ADD COLUMN {column}")
                    run("INSERT INTO figures VALUES (?, ?)", (name, column))
                    self.figures[name] = column
            self.make_view()

    def make_view(self) -> None:
        """Lay the view anew that shows every column under its name."""
        variables = [v.name for v in self.problem.space.variables]
        shown = ["key", *[f"v{i} AS {quote(name)}" for i, name in enumerate(variables)]]
        shown += [
            f"{column} AS {quote(f'net.{name}' if name in variables else name)}"
            for name, column in self.figures.items()
        ]
        self.connection.execute("DROP VIEW IF EXISTS candidates")
        self.connection.execute(
            f"CREATE VIEW candidates AS SELECT {', '.join(shown)}, error FROM found"
        )

    def last_question(self) -> SearchQuestion:
        """Return what was asked last."""
        found = self.connection.execute(
            "SELECT id, text FROM questions JOIN meta ON meta.value = id WHERE name = 'question'"
        ).fetchone()
        if found is None:
            return SearchQuestion()
        self.question = found[0]
        return SearchQuestion(
            **{name: tuple(texts) for name, texts in json.loads(found[1]).items()}
        )

    def remember(self, name: str, value: str) -> None:
        """Keep a text under a name."""
        with self.connection:
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def recall(self, name: str) -> str | None:
        """Return the text under a name."""
        found = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def add(self, results: Iterable[Result]) -> None:
        """Write the results of a chunk, all of them or none."""
        space, names = self.problem.space, list(self.figures)
        rows = []
        for result in results:
            digits = zip(self.cells, space.digits(result.key), strict=True)
            verdict = result.verdict
            rows.append(
                (
                    result.key, result.error, self.question, verdict.failed, verdict.unknown,
                    *[cells[digit] for cells, digit in digits],
                    *[storable(result.figures.get(name)) for name in names],
                )
            )  # fmt: skip
        if rows:
            columns = [f"v{i}" for i in range(len(space.variables))] + list(self.figures.values())
            listed = ", ".join(("key", "error", "question", "failed", "unknown", *columns))
            marks = ", ".join("?" * (5 + len(columns)))
            with self.connection:
                self.connection.executemany(
                    f"INSERT OR REPLACE INTO found ({listed}) VALUES ({marks})", rows
                )

    def known(self, keys: Sequence[int]) -> dict[int, tuple[Result, bool]]:
        """Return what is known of some candidates, and whether the question in force was asked."""
        result = {}
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            marks = ", ".join("?" * len(some))
            for row in self.select(f"WHERE key IN ({marks})", some):
                result[row[0].key] = row
        return result

    def rows(self) -> Iterator[tuple[Result, bool]]:
        """Yield every result in the order of keys, and whether the question in force was asked."""
        return self.select("ORDER BY key", ())

    def select(self, condition: str, values: Sequence[int]) -> Iterator[tuple[Result, bool]]:
        """Yield the results that a condition of SQL chooses."""
        names = list(self.figures)
        columns = ", ".join(["key, error, question, failed, unknown", *self.figures.values()])
        query = f"SELECT {columns} FROM found {condition}"
        for key, error, question, failed, unknown, *cells in self.connection.execute(query, values):
            figures = {
                name: restored(cell)
                for name, cell in zip(names, cells, strict=True)
                if cell is not None
            }
            verdict = Verdict(None, failed, unknown)
            yield Result(key, error, figures, verdict), question == self.question

    def count(self) -> int:
        """Return the number of finished candidates."""
        (count,) = self.connection.execute("SELECT count(*) FROM found").fetchone()
        return int(count)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def put_question(connection: sqlite3.Connection, question: SearchQuestion) -> int:
    """Write down the question that is in force from now on, and return its number."""
    run = connection.execute
    text = json.dumps(question.as_dict(), sort_keys=True)
    run("INSERT OR IGNORE INTO questions (text) VALUES (?)", (text,))
    (result,) = run("SELECT id FROM questions WHERE text = ?", (text,)).fetchone()
    run("INSERT OR REPLACE INTO meta VALUES ('question', ?)", (result,))
    return int(result)


def create(path: str, problem: Problem, question: SearchQuestion, sampling: str = "{}") -> Store:
    """Return a new store; raises `UsageError` if the file is there or cannot be written.

    All that a search needs to go on is in it at once: whatever ends the process afterwards, a
    file that is begun can be resumed. `sampling` says how candidates are drawn, as JSON.
    """
    if is_begun(path) and not os.path.isdir(path):
        raise UsageError(
            f"`{path}` is there already", "add --resume to go on with it, or choose another name"
        )
    connection = connect(path)
    columns = "".join([f", v{i}" for i in range(len(problem.space.variables))])
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in (
                "CREATE TABLE meta (name TEXT PRIMARY KEY, value)",
                "CREATE TABLE questions (id INTEGER PRIMARY KEY, text TEXT UNIQUE)",
                "CREATE TABLE figures (name TEXT PRIMARY KEY, place TEXT)",
                "CREATE TABLE found (key INTEGER PRIMARY KEY, error TEXT, question INTEGER,"
                f" failed INTEGER, unknown TEXT{columns})",
            ):
                connection.execute(statement)
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [("schema", SCHEMA), ("problem", problem.as_json()), ("sampling", sampling)],
            )
            put_question(connection, question)
    except sqlite3.Error as error:
        raise UsageError(f"cannot write `{path}`: {error}", "choose another file") from None
    return Store(path, connection, problem)


def is_begun(path: str) -> bool:
    """Return whether there is a file with anything in it: an empty one was left by a killed run."""
    return os.path.exists(path) and (not os.path.isfile(path) or os.path.getsize(path) > 0)


def opened(path: str) -> Store:
    """Return a store that is there; raises `UsageError` if it is none."""
    if not os.path.exists(path):
        help = "`cnncalc search ... -o FILE` makes one"
        raise UsageError(f"there is no file `{path}`", help)
    connection = connect(path)
    try:
        meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    except sqlite3.Error:
        meta = {}
    if meta.get("schema") != SCHEMA or "problem" not in meta:
        connection.close()
        raise UsageError(f"`{path}` was not written by `cnncalc search`", "give its -o FILE")
    return Store(path, connection, from_json(meta["problem"]))


def connect(path: str) -> sqlite3.Connection:
    """Return a connection that waits for another writer rather than fail."""
    if os.path.isdir(path):
        raise UsageError(f"`{path}` is a directory", "give the path of a file: found.db")
    try:
        return sqlite3.connect(path, timeout=30)
    except sqlite3.Error as error:
        raise UsageError(f"cannot open `{path}`: {error}", "choose another file") from None


def quote(name: str) -> str:
    """Return a name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'


def number(text: str) -> int | float | str:
    """Return the value of a variable as a number where it is one."""
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if abs(value) < 2**63:
            return value
    return text


def storable(value: Any) -> Any:
    """Return a figure as SQLite holds it: integers beyond 64 bits as their digits."""
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**63 else value


def restored(cell: Any) -> Any:
    """Return what `storable` was given."""
    return int(cell) if isinstance(cell, str) and cell.lstrip("-").isdigit() else cell
