"""YAML text -> located tree: places, equality of the two parsers, and everything refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml_texts import Place, texts

from cnncalc.diagnostics import Diagnostic, Source, Span, SpecError, UsageError
from cnncalc.language import source as source_module
from cnncalc.language.files import MAX_BYTES
from cnncalc.language.libyaml import pure_event_parser
from cnncalc.language.source import MAX_NODES, MAX_SCALAR, Mapping, Scalar, Sequence, parse, read

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

ARCHITECTURES = sorted((Path(__file__).parents[2] / "architectures").glob("*.yaml"))


def tree(text: str) -> Node:
    return parse(Source("net.yaml", text))


def pure_tree(text: str) -> Node:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_module, "event_parser", pure_event_parser)
        return tree(text)


def faults(text: str, parser: object = tree) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        parser(text)  # type: ignore[operator]  # one of the two above
    return caught.value.diagnostics


def fault(text: str) -> Diagnostic:
    (only,) = faults(text)
    return only


def marked(span: Span | None) -> str:
    assert span is not None
    start = span.column - 1
    return span.source.line(span.line)[start : start + span.length]


def scalars(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    children = node.items if isinstance(node, Sequence) else [n for e in node.entries for n in e]
    return [scalar for child in children for scalar in scalars(child)]


def outline(node: Node) -> object:
    """Return all that a tree says, places included, as plain values."""
    span = node.span
    where = (span.line, span.column, span.length)
    if isinstance(node, Scalar):
        # An empty value in braces is after the colon for one parser, before the comma for another.
        return node.text, node.quoted, where if node.text or node.quoted else span.line
    if isinstance(node, Sequence):
        return [where, *[outline(item) for item in node.items]]
    return {"where": where} | {k.text: (outline(k), outline(v)) for k, v in node.entries}


# What the tree says


def test_scalars_keep_the_text_as_written() -> None:
    node = tree("[1e-5, 010, on, 12:30, 32:32:10, null, ~, .nan, 1_000, '3', yes]")
    assert [scalar.text for scalar in scalars(node)] == (
        ["1e-5", "010", "on", "12:30", "32:32:10", "null", "~", ".nan", "1_000", "3", "yes"]
    )
    assert [scalar.quoted for scalar in scalars(node)] == [False] * 9 + [True, False]


def test_mappings_keep_order_and_find_keys() -> None:
    node = tree("b: 1\na: [x, y]\n'c': {d: }\n")
    assert isinstance(node, Mapping)
    assert [key.text for key, _ in node.entries] == ["b", "a", "c"]
    assert node.get("a") is node.entries[1][1]
    assert node.get("z") is None


def test_a_key_without_a_value_has_an_empty_scalar_after_the_colon() -> None:
    node = tree("a:\nb:   # later\n")
    assert isinstance(node, Mapping)
    empty = node.get("a")
    assert isinstance(empty, Scalar)
    assert (empty.text, empty.quoted, empty.kind) == ("", False, "nothing")
    assert (empty.span.line, empty.span.column, empty.span.length) == (1, 3, 1)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x", "a word"),
        ("3", "a number"),
        ("-.5", "a number"),
        ("'3'", "a quoted text"),
        ("[x]", "a list"),
        ("{x: 1}", "a mapping"),
    ],
)
def test_nodes_know_what_to_be_called(text: str, kind: str) -> None:
    assert tree(text).kind == kind


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("- a: 1 # note\n  b: 2\n", "a: 1"),  # the first line of several
        ("- {a: 1, b: 2}\n", "{a: 1, b: 2}"),
        ("- [1,\n   2]\n", "[1,"),
        ("- |\n  text\n", "|"),
        ("- 'it''s' # note\n", "'it''s'"),
        ('- "a\\"b" # note\n', '"a\\"b"'),
        ("- plain text # note\n", "plain text"),
        ("- over\n  lines\n", "over"),
        ("- &anchor text\n", "&anchor text"),
        ("- 漢字\n", "漢字"),
    ],
)
def test_spans_cover_what_is_written(text: str, span: str) -> None:
    node = tree(text)
    assert isinstance(node, Sequence)
    assert marked(node.items[0].span) == span


def test_part_of_a_scalar_has_a_place() -> None:
    node = tree("[width // q, 'width // q', &x width // q, \"\\x77idth // q\"]")
    spans = [marked(scalar.span_within(9, 1)) for scalar in scalars(node)]
    assert spans == ["q", "q", "q", '"\\x77idth // q"']


def test_an_alias_stands_for_the_node_and_has_its_own_place() -> None:
    node = tree("a: &x {b: 1}\nc: *x\nd: &y 3\ne: *y\n")
    assert isinstance(node, Mapping)
    first, second = node.get("a"), node.get("c")
    assert isinstance(first, Mapping)
    assert isinstance(second, Mapping)
    assert second.entries == first.entries
    assert (second.span.line, marked(second.span)) == (2, "*x")
    word = node.get("e")
    assert isinstance(word, Scalar)
    assert (word.text, word.span.line, marked(word.span)) == ("3", 4, "*y")


# The two parsers


@given(texts())
def test_every_scalar_is_where_it_was_written(written: tuple[str, list[Place]]) -> None:
    text, places = written
    found = scalars(tree(text))
    assert [
        Place(node.text, node.quoted, node.line, node.column, marked(node.span)) for node in found
    ] == places


@given(texts())
def test_both_parsers_give_the_same_tree(written: tuple[str, list[Place]]) -> None:
    text, _ = written
    assert outline(pure_tree(text)) == outline(tree(text))


@given(texts(), st.data())
def test_a_damaged_text_is_read_alike_or_refused_at_a_place(
    written: tuple[str, list[Place]], data: st.DataObject
) -> None:
    """libyaml is a little stricter than PyYAML here and there, and PyYAML than libyaml."""
    text, _ = written
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(st.text(st.sampled_from("{}[],:'\"-# \nab?&*!|>%@\t"), max_size=3))
    text = text[:at] + put + text[at + cut :]
    outlines = []
    for parser in (tree, pure_tree):
        try:
            outlines.append(outline(parser(text)))
        except SpecError as error:
            spans = [diagnostic.span for diagnostic in error.diagnostics]
            assert all(span and 1 <= span.line <= len(text.splitlines()) + 1 for span in spans)
    assert len(outlines) < 2 or outlines[0] == outlines[1]


@pytest.mark.parametrize("path", ARCHITECTURES, ids=lambda path: path.stem)
def test_both_parsers_agree_on_every_architecture(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert outline(pure_tree(text)) == outline(tree(text))


@pytest.mark.parametrize("first", ["", "import yaml; "])
def test_yaml_is_whole_for_anybody_else(first: str) -> None:
    """Only libyaml's events are loaded; whoever wants more of PyYAML must not notice."""
    code = f"""{first}
from cnncalc.language.source import Source, parse
parse(Source("x", "a: [1]"))
import yaml
for loader in (yaml.CSafeLoader, yaml.SafeLoader):
    assert yaml.load("a: [1, 2]", loader) == {{"a": [1, 2]}}
    try:
        yaml.load("a: [1", loader)
    except yaml.parser.ParserError:
        pass
    else:
        raise AssertionError
assert yaml.__with_libyaml__
assert yaml.dump({{"a": [1]}}, Dumper=yaml.CSafeDumper) == yaml.dump({{"a": [1]}})
from yaml.scanner import ScannerError
parse(Source("x", "a: [1]"))
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_only_the_events_of_yaml_are_loaded() -> None:
    code = """
import sys
from cnncalc.language.source import Source, parse
parse(Source("x", "a: [1]"))
print(*[name for name in sys.modules if name.startswith("yaml.")])
"""
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.split() == (
        ["yaml.error", "yaml.tokens", "yaml.events", "yaml.nodes", "yaml._yaml"]
    )


@pytest.mark.parametrize("missing", ["extension", "stage"])
def test_another_pyyaml_is_taken_as_it_is(missing: str) -> None:
    """Without libyaml the parser is Python's; with unknown needs the whole package is loaded."""
    prepare = {
        "extension": "sys.meta_path.insert(0, Absent)",
        "stage": "del libyaml.STAGES['scanner']",
    }
    code = f"""
import sys
from cnncalc.language import libyaml
class Absent:
    def find_spec(name, path, target=None):
        if name == "yaml._yaml":
            raise ImportError(name)
{prepare[missing]}
from cnncalc.language.source import Source, parse
assert parse(Source("x", "a: [1]")).get("a").items[0].text == "1"
import yaml
assert yaml.safe_load("a: 1") == {{"a": 1}}
print(libyaml.event_parser()[0].__name__)
"""
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == {"extension": "SafeLoader", "stage": "CParser"}[missing]


# What is refused


@pytest.mark.parametrize(
    ("text", "marks", "message", "help"),
    [
        ("a: 1\na: 2\n", "a", "the key `a` is given twice", None),
        ("{a: 1, 'a': 2}", "'a'", "the key `a` is given twice", None),
        ("a: !!int 3\n", "!!int 3", "YAML tags are not part", "remove the tag"),
        ("a: !!python/object:os.system {}\n", None, "YAML tags are not part", "remove the tag"),
        ("!x a: 1\n", None, "YAML tags are not part", "remove the tag"),
        ("a: ! b\n", "! b", "YAML tags are not part", "remove the tag"),
        ("<<: {a: 1}\n", "<<", "merge keys are not part", "block with parameters"),
        ("? [a]\n: b\n", "[a]", "a key is one word, not a list", None),
        ("{{a: b}: c}", "{a: b}", "a key is one word, not a mapping", None),
        ("? \n: b\n", None, "a key is missing", None),
        ("a: *b\n", "*b", "no anchor `&b` comes before", "needs quotes"),
        ("a: &width 1\nb: *widht\n", "*widht", "no anchor `&widht`", "did you mean `*width`?"),
        ("a: &b [*b]\n", "*b", "stands inside what it stands for", None),
        ("a: &b {c: [*b]}\n", "*b", "stands inside what it stands for", None),
        ("a: 1\n---\nb: 2\n", "---", "here begins a second", "a file of its own"),
        ("a: \0\n", "\0", "a NUL byte is not allowed", "UTF-8"),
        ("a: \x1b[31m\n", "\x1b", "the character U+001B is not allowed", "delete it"),
        ("a: x\u2028b: y\n", "\u2028", "U+2028", "delete it"),
        ("a: \ufeffx\n", "\ufeff", "U+FEFF", "delete it"),
        ("", None, "`net.yaml` is empty", "`layers:`"),
        (" \n\n", None, "`net.yaml` is empty", "`layers:`"),
        ("# nothing\n", None, "holds nothing but comments", "`layers:`"),
        ("---\n", None, "holds nothing but comments", "`layers:`"),
    ],
)
def test_refusals(text: str, marks: str | None, message: str, help: str | None) -> None:
    diagnostic = fault(text)
    assert message in diagnostic.message
    assert help is None or help in (diagnostic.help or "")
    assert marks is None or marked(diagnostic.span) == marks


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "help"),
    [
        ("a:\n\tb: 1\n", 2, 1, "a tab cannot indent YAML", "spaces only"),
        ("-\ta\n", 1, 2, "a tab cannot separate these", "a space"),
        ("a: 'x\nb: 2\n", 1, 4, "the quote `'` that opens here is never closed", None),
        ("a: 'x\nb: 'y'\n", 2, 4, "the quote `'` here closes one that opened on an earlier", None),
        ('a: "\\q"\n', 1, 5, "`\\q` is no escape", "single quotes"),
        ("a: [1, 2\n", 1, 4, "the `[` that opens here is never closed", None),
        ("a: {b: 1\nc: 2\n", 1, 4, "the `{` that opens here is not closed", "close it with `}`"),
        ("a: {b: 1]\n", 1, 9, "`]` where `}` should stand", None),
        ("a: [1, 2]]\n", 1, 10, "`]` closes nothing", "delete it"),
        ("a: [1,, 2]\n", 1, 7, "a value is missing before `,`", None),
        ("a: {b: depths[0]}\n", 1, 14, "a bracket cannot follow a word", "needs quotes"),
        ("a: {b: c: d}\n", 1, 9, "`:` where a comma or `}` should stand", "commas"),
        ("a: b: c\n", 1, 5, "a second colon on this line", "quote a text"),
        ("a: - b\n", 1, 4, "a list item cannot stand on the line of its key", "next line"),
        ("a:1\nb: 2\n", 1, 2, "a space is missing after this colon", "`key: value`"),
        ("a: 1\n b: 2\n", 2, 2, "indented more than the key above it", "by no spaces, as line 1"),
        ("l:\n  - a: 1\n  -b\n", 3, 3, "a space is missing after this dash", "write `- b`"),
        ("a: 1\nlayers\n", 2, 1, "`layers` is neither a key nor a list item", "ends in a colon"),
        ("input 3\na: 1\n", 1, 1, "`input 3` is neither a key nor a list item", "ends in a colon"),
        ("l:\n  - a\n - b\n", 3, 2, "indented by 1 space, and fits nothing", "by 2 spaces"),
        ("l:\n- a: 1\n - b\n", 3, 2, "indented by 1 space, and fits nothing", "by no spaces"),
        ("l:\n  - a: 1\n   b: 2\n", 3, 4, "indented by 3 spaces", "by 4 spaces, as line 2"),
        ("- a\nb: 1\n", 2, 1, "this line should begin with `- `, as line 1 does", "indent it"),
        ("a: 1\n- b\n", 2, 1, "this line should begin with a key, as line 1 does", "indent it"),
        (": b\n", 1, 1, "a key is missing before this colon", None),
        ("a: 'b' c\n", 1, 8, "`c` after the end of the value", "quotes around the whole"),
        ("a: @b\n", 1, 4, "a value cannot begin with `@`", "quotes around the whole"),
        ("a: `b`\n", 1, 4, 'a value cannot begin with "`"', "quotes around the whole"),
        ("a: ? b\n", 1, 4, "`? ` begins a key in YAML", "quotes around the whole"),
        ("a: |b\n", 1, 4, "the text of `|` or `>` begins on the next line", None),
        ("a: &\n", 1, 4, "want a name", None),
        ("a: !<b\n", 1, 4, "YAML tags are not part", "delete the tag"),
        ("a: !b!c d\n", 1, 4, "YAML tags are not part", "delete the tag"),
        ("a: 1\n...\nb: 2\n", 3, 1, "nothing can follow the end", "delete the line `...`"),
        ("%YAML 3.0\n---\na: 1\n", 1, 1, "`%` begins a YAML directive", "delete the line"),
    ],
)
def test_broken_yaml_is_explained(
    text: str, line: int, column: int, message: str, help: str | None
) -> None:
    for parser in (tree, pure_tree):
        (diagnostic,) = faults(text, parser)
        assert message in diagnostic.message
        assert help is None or help in (diagnostic.help or "")
        assert diagnostic.span is not None
        assert (diagnostic.span.line, diagnostic.span.column) == (line, column)


def test_all_faults_are_told_at_once_and_in_order() -> None:
    text = "a: 1\na: 2\nb: !t 3\nc: *d\n<<: 4\ne: [1"
    assert [diagnostic.span.line for diagnostic in faults(text) if diagnostic.span] == (
        [2, 3, 4, 5, 6]
    )


def test_a_key_given_twice_names_the_line_of_the_first() -> None:
    diagnostic = fault("x: 1\na: 1\nb: 1\na: 2\n")
    assert diagnostic.span is not None
    assert diagnostic.span.line == 4
    assert diagnostic.notes == ("the first is on line 2",)


def bomb(levels: int, width: int = 10) -> str:
    lines = ["a0: &a0 [" + ", ".join(["x"] * width) + "]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * width) + "]")
    return "\n".join(lines)


HOSTILE = {
    "deep lists": "[" * 100_000,
    "deep mappings": "{a: " * 100_000,
    "deep blocks": "\n".join(" " * depth + "a:" for depth in range(1500)),
    "deep items": "- " * 50_000 + "a",
    "bomb": bomb(12),
    "wide bomb": bomb(4, 300),
    "many values": "[" + "a," * (MAX_NODES + 1) + "]",
    "many values unclosed": "[" + "a," * 1_000_000,
    "long scalar": "a: " + "x" * (MAX_SCALAR + 1),
    "long quoted scalar": "a: '" + "x" * 1_000_000 + "'",
    "long key": "x" * 1_000_000 + ": a",
    "long anchor": "a: &" + "x" * 1_000_000 + " b\nc: *y",
    "large": "# " + "x" * MAX_BYTES,
    "many duplicates": "a: 1\n" * 100_000,
    "many tags": "- !t x\n" * 100_000,
    "many lines unclosed": "a: [\n" + "1,\n" * 100_000 + "}",
    "spaces": "a:" + " " * 1_000_000 + "]",
    "newlines": "a: [" + "\n" * 1_000_000,
    "comments": "#\n" * 900_000,
    "question marks": "? " * 100_000,
    "colons": "a: " * 100_000,
    "stars": "- *a\n" * 100_000,
    "quotes": "'" * 999_999,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused(name: str) -> None:
    found = faults(HOSTILE[name])
    assert len(found) <= 100
    assert all(len(diagnostic.message) < 300 for diagnostic in found)


def test_limits_are_generous() -> None:
    assert tree("[" + "a," * 150_000 + "]").kind == "a list"
    assert tree("a: " + "x" * MAX_SCALAR).kind == "a mapping"
    assert tree("[" * 100 + "]" * 100).kind == "a list"
    assert tree(bomb(4)).kind == "a mapping"


# Files


def test_a_file_keeps_the_name_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes("\ufeffname: Réseau\r\n".encode())
    source = read(path)
    assert source.name == str(path)
    assert source.text == "name: Réseau\r\n"


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        (b"\x08\x0a\x91\x00\x00\x01", "is no text", None),
        (b"a: \xff\n", "the byte 0xFF is not UTF-8 text", (1, 4)),
        ("é: x\nb: ".encode() + b"\x80", "the byte 0x80 is not UTF-8 text", (2, 4)),
        ("a: b".encode("utf-16"), "is encoded in UTF-16 or UTF-32", None),
        ("a: b".encode("utf-16-le"), "is encoded in UTF-16 or UTF-32", None),
        ("a: b".encode("utf-32"), "is encoded in UTF-16 or UTF-32", None),
        (b"#" * (MAX_BYTES + 1), "is larger than 2 MiB", None),
    ],
)
def test_files_that_are_no_text(
    tmp_path: Path, data: bytes, message: str, place: tuple[int, int] | None
) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(data)
    with pytest.raises(SpecError) as caught:
        read(path)
    (diagnostic,) = caught.value.diagnostics
    assert message in diagnostic.message
    span = diagnostic.span
    assert (span and (span.line, span.column)) == place


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    cases: list[tuple[str | Path, str]] = [
        (tmp_path, "is a directory"),
        (fifo, "is a FIFO, not a file"),
        ("/dev/null", "is a device or a socket, not a file"),
        (tmp_path / "absent.yaml", "there is no file"),
        (tmp_path / ("x" * 5000), "cannot read"),
        ("nul\0byte", "cannot be the name of a file"),
    ]
    for path, message in cases:
        with pytest.raises(UsageError, match=message):
            read(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.touch(0)
    with pytest.raises(UsageError, match="permission denied"):
        read(path)


def read_standard_input(data: bytes) -> str:
    code = "from cnncalc.language.source import read; it = read('-'); print(it.name, it.text)"
    shown = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True)
    return shown.stdout.decode() or shown.stderr.decode()


def test_standard_input() -> None:
    assert read_standard_input("a: é".encode()) == "<stdin> a: é\n"
    assert "is larger than 2 MiB" in read_standard_input(b"#" * 3_000_000)
