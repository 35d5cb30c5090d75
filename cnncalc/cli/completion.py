"""`cnncalc completion`: what makes names complete on Tab, and the words that may stand there."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

import click

from cnncalc.cli.declare import option
from cnncalc.diagnostics import SpecError, UsageError
from cnncalc.language.library import SUFFIXES
from cnncalc.networks import READERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.graph import Graph

SCRIPTS = {
    "bash": r"""_cnncalc() {
    local IFS=$'\n'
    COMPREPLY=($(cnncalc completion --at "$COMP_CWORD" -- "${COMP_WORDS[@]}" 2>/dev/null))
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace
}
complete -o default -F _cnncalc cnncalc
""",
    "zsh": r"""#compdef cnncalc
_cnncalc() {
    local -a found
    found=("${(@f)$(cnncalc completion --at $((CURRENT - 1)) -- "${words[@]}" 2>/dev/null)}")
    if [[ -n ${found[1]} ]]; then
        compadd -Q -S '' -- "${(@M)found:#*[/=]}"
        compadd -Q -- "${(@)found:#*[/=]}"
    else
        _files
    fi
}
compdef _cnncalc cnncalc
""",
    "fish": r"""function __cnncalc
    set -l before (commandline -opc)
    cnncalc completion --at (count $before) -- $before (commandline -ct) 2>/dev/null
end
complete -c cnncalc -a '(__cnncalc)'
""",
}


@click.command()
@option("--at", "Which of WORDS is completed.", low=0, hidden=True)
@click.argument("words", nargs=-1, metavar="[bash|zsh|fish]")
def command(at: int | None, words: tuple[str, ...]) -> int:
    """Print the script that completes commands, networks, layers and options on Tab.

    \b
      cnncalc completion bash

    \b
      bash:  eval "$(cnncalc completion bash)"          in ~/.bashrc
      zsh:   eval "$(cnncalc completion zsh)"           in ~/.zshrc
      fish:  cnncalc completion fish | source           in ~/.config/fish/config.fish
    """
    if at is not None:
        for word in candidates(list(words[1 : at + 1]) or [""]):
            print(word)
        return 0
    if len(words) != 1 or words[0] not in SCRIPTS:
        given = f", not `{' '.join(words)}`" if words else ""
        raise UsageError(f"wanted one of bash, zsh and fish{given}", "cnncalc completion bash")
    print(SCRIPTS[words[0]], end="")
    return 0


FILES = (*SUFFIXES, *READERS)
#: Arguments and options by the name of their parameter, and what completes them.
NETWORKS = ("spec", "specs", "first", "second", "template")
LAYERS = ("layer", "layers")
SCOPES = ("scope", "freeze")
LISTS = ("columns", "what", "sort")
SHELLS = tuple(SCRIPTS)


def candidates(words: list[str]) -> list[str]:
    """Return what the last of the words, typed in part, may become; empty for files in general."""
    words = joined(words)
    *before, word = words
    command, rest = reached(before)
    if isinstance(command, click.Group):
        return starting(command.list_commands(click.Context(command)), word)
    option = by_flag(command, rest[-1]) if rest else None
    if option is not None and option.is_flag:
        option = None
    name, equals, value = word.partition("=")
    if option is None and equals and name.startswith("--"):
        option = by_flag(command, name)
        return (
            [f"{name}={found}" for found in values(option, command, rest, value)] if option else []
        )
    if option is not None:
        return values(option, command, rest, word)
    if word.startswith("-"):
        flags = [flag for param in command.params for flag in param.opts + param.secondary_opts
                 if isinstance(param, click.Option) and not param.hidden]  # fmt: skip
        return starting([flag for flag in flags if flag.startswith("--")] + ["--help"], word)
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    place = len(positional(command, rest))
    if not arguments:
        return []
    return values(arguments[min(place, len(arguments) - 1)], command, rest, word)


def joined(words: list[str]) -> list[str]:
    """Return the words with `--format = json`, as bash cuts them, in one piece again."""
    result: list[str] = []
    for word in words:
        if len(result) > 1 and result[-1] == "=" and result[-2].startswith("--"):
            result[-2:] = [result[-2]]
            result.append(word)
        else:
            result.append(word)
    if result[-1:] == ["="] and len(result) > 1:
        result[-1:] = [""]
    return result


def reached(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that some words lead to, and the words after it."""
    from cnncalc.cli import SHORT
    from cnncalc.cli.group import cli

    command: click.Command = cli
    for position, word in enumerate(words):
        if not isinstance(command, click.Group):
            return command, words[position:]
        found = command.get_command(click.Context(command), SHORT.get(word, word))
        if found is None:
            return click.Command(None), []
        command = found
    return command, []


def by_flag(command: click.Command, flag: str) -> click.Option | None:
    """Return the option of that flag."""
    for param in command.params:
        if isinstance(param, click.Option) and flag in param.opts:
            return param
    return None


def positional(command: click.Command, words: list[str]) -> list[str]:
    """Return the words that are arguments."""
    result, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-") and word != "-":
            option = by_flag(command, word)
            skip = option is not None and not option.is_flag
        else:
            result.append(word)
    return result


def values(
    param: click.Parameter, command: click.Command, words: list[str], word: str
) -> list[str]:
    """Return what may stand for an argument or an option's value."""
    name = param.name or ""
    if isinstance(param.type, click.Choice):
        return starting(map(str, param.type.choices), word)
    if name in NETWORKS:
        return starting([*networks(), *files(word)], word)
    if name in LISTS:
        done, comma, last = word.rpartition(",")
        return [done + comma + found for found in starting(listed(param, command), last)]
    if name in ("convention", "own", "against"):
        from cnncalc.analysis.conventions import CONVENTIONS

        return starting(CONVENTIONS, word)
    if name == "name" and not positional(command, words):
        from cnncalc.layers import LAYERS as KEYWORDS

        return starting(KEYWORDS, word)
    if name == "words":
        from cnncalc.cli import COMMANDS

        is_help = "COMMAND" in (param.metavar or "")
        return starting(COMMANDS if is_help else SHELLS, word)
    return starting(of_network(name, positional(command, words)), word)


def of_network(name: str, arguments: list[str]) -> Iterable[str]:
    """Return the names that the network at hand has: layers, variants, parameters, inputs."""
    graph = network(arguments[0]) if arguments else None
    if graph is None:
        return []
    if name in LAYERS:
        return [node.name for node in graph.nodes]
    if name in SCOPES:
        return scopes([node.name for node in graph.nodes])
    if name == "name":
        return list(graph.parameters)
    if name == "variant":
        return graph.variants
    if name in ("settings", "vary"):
        return [f"{parameter}=" for parameter in graph.parameters]
    return [graph.nodes[i].name for i in graph.inputs] if name == "source" else []


def scopes(names: list[str]) -> list[str]:
    """Return layers and the blocks that they stand in, in order."""
    paths = [name.split("/") for name in names]
    return list(
        dict.fromkeys("/".join(path[:i]) for path in paths for i in range(1, len(path) + 1))
    )


def network(spec: str) -> Graph | None:
    """Return the graph of a spec, None if it cannot be built."""
    from cnncalc.cli.options import load_graph

    try:
        return load_graph(spec) if spec != "-" else None
    except (SpecError, UsageError):
        return None


def networks() -> list[str]:
    """Return the networks that come with cnncalc."""
    from cnncalc.language.library import builtin_names

    return [name for name, _, _ in builtin_names()]


def files(word: str) -> list[str]:
    """Return the files of networks that begin with the word, and folders."""
    found = glob.glob(glob.escape(word) + "*")
    return [f"{path}/" if os.path.isdir(path) else path for path in sorted(found)
            if os.path.isdir(path) or path.endswith(FILES)]  # fmt: skip


def listed(param: click.Parameter, command: click.Command) -> Iterable[str]:
    """Return the columns, figures or quantities that a list of the command may name."""
    from cnncalc.report.columns import COLUMNS
    from cnncalc.teaching.explain import QUANTITIES
    from cnncalc.teaching.figures import FIGURES

    # The command's own module knows best which of them it hands the option to.
    if param.name == "sort" or by_flag(command, "--sort") is not None:
        return COLUMNS
    return FIGURES if command.callback.__module__.endswith("compare") else QUANTITIES


def starting(words: Iterable[str], start: str) -> list[str]:
    """Return the words that begin as typed."""
    return [word for word in words if word.startswith(start)]
