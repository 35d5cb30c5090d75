"""`cnncalc help`: the page of a command."""

from __future__ import annotations

import click

from cnncalc.cli.output import say
from cnncalc.diagnostics import UsageError


@click.command()
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...]) -> int:
    """Explain a command, as its --help does.

    \b
      cnncalc help
      cnncalc help summary
      cnncalc help solve conv
    """
    from cnncalc.cli import COMMANDS, SHORT
    from cnncalc.cli.group import meant_by

    assert ctx.parent is not None
    context, found = ctx.parent, ctx.parent.command
    for word in words:
        inner = None
        if isinstance(found, click.Group):
            inner = found.get_command(context, SHORT.get(word, word))
        if inner is None:
            known = found is not ctx.parent.command or word in COMMANDS
            help = f"`cnncalc help {words[0]}` lists what it has" if known else meant_by([word])
            raise UsageError(f"there is no command `{' '.join(words)}`", help)
        context = inner.context_class(inner, info_name=SHORT.get(word, word), parent=context)
        found = inner
    say(found.get_help(context))
    return 0
