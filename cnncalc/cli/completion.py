"""`cnncalc completion`: what makes names complete on Tab, in bash, zsh and fish."""

from __future__ import annotations

import click

from cnncalc.cli.declare import option
from cnncalc.diagnostics import UsageError

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
        from cnncalc.cli.complete import candidates

        for word in candidates(list(words[1 : at + 1]) or [""]):
            print(word)
        return 0
    if len(words) != 1 or words[0] not in SCRIPTS:
        given = f", not `{' '.join(words)}`" if words else ""
        raise UsageError(f"wanted one of bash, zsh and fish{given}", "cnncalc completion bash")
    print(SCRIPTS[words[0]], end="")
    return 0
