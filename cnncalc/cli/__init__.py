"""The command line: one file per command, loaded only when that command runs."""

from __future__ import annotations

import sys

import click

from cnncalc import __version__
from cnncalc.cli import failures
from cnncalc.cli.declare import HelpContext, with_help_page
from cnncalc.diagnostics import SpecError, UsageError, suggest

#: Every command: its module, and the line that `cnncalc --help` shows.
COMMANDS = {
    "summary": ("summary", "Show shapes, parameters and operations, layer by layer."),
    "list": ("list_", "List the networks that come with cnncalc."),
    "show": ("show", "Print the expanded layer graph."),
    "draw": ("draw", "Draw a network: boxes and edges, or the cuboids of lectures."),
    "report": ("report", "Write one HTML page in which networks can be explored."),
    "import": ("import_", "Print a model of another tool as a readable spec."),
    "export": ("export", "Write a network for ONNX, PyTorch or Keras."),
    "lint": ("lint", "Find what a network probably does not mean to do."),
    "check": ("check", "Compare a network with the figures its source published."),
    "explain": ("explain", "Derive every figure, with the numbers put in."),
    "receptive-field": ("receptive_field", "Show which input pixels a unit sees."),
    "why": ("why", "Reconcile two ways of counting operations, term by term."),
    "verify": ("verify", "Run a network in NumPy and prove the printed figures."),
    "run": ("run", "Run a network on given numbers and weights."),
    "weights": ("weights", "Write a file of weights for a network."),
    "conv": ("conv", "Work out one convolution."),
    "conv-transpose": ("conv_transpose", "Work out one transposed convolution."),
    "pool": ("pool", "Work out one pooling layer."),
    "linear": ("linear", "Work out one fully connected layer."),
    "pattern": ("pattern", "Expand [(CONV-RELU)*N-POOL]*M-(FC-RELU)*K,SOFTMAX into a spec."),
    "layers": ("layers", "Document the layers of the spec language."),
    "compare": ("compare", "Put networks side by side."),
    "diff": ("diff", "Align two networks layer by layer."),
    "sweep": ("sweep", "Compute a quantity over a grid of inputs and parameters."),
    "solve": ("solve", "Answer inverse questions: which sizes, paddings, widths fit?"),
    "search": ("search", "Try the networks of a design space, a million if need be."),
    "found": ("found", "Show what a search has found."),
    "practice": ("practice", "Ask questions in the terminal and explain at once."),
    "quiz": ("quiz", "Draw a different quiz for every student."),
    "grade": ("grade", "Mark submissions against a computed key."),
    "regrade": ("regrade", "Mark stored answers again after a change."),
    "check-key": ("check_key", "Compare a typed answer key with the computed one."),
    "sheet": ("sheet", "Print an assignment to hand out, with places for answers."),
    "schema": ("schema", "Print a JSON Schema of the spec language for editors."),
    "completion": ("completion", "Print what completes names on Tab, for bash, zsh or fish."),
    "help": ("help_", "Explain a command: `cnncalc help summary`."),
}

#: What `pip install cnncalc` brings and only some commands need, as modules and as packages.
NEEDED = {"numpy": "numpy", "rich": "rich", "yaml": "pyyaml"}

#: The same commands as a reader looks for them.
GROUPS = (
    ("Look at a network", ("summary", "list", "show", "lint", "check")),
    ("Prove and explain", ("explain", "receptive-field", "why", "verify", "run", "weights")),
    ("Work out one layer", ("conv", "conv-transpose", "pool", "linear", "pattern", "layers")),
    ("Compare, solve and search", ("compare", "diff", "sweep", "solve", "search", "found")),
    ("Exchange and draw", ("import", "export", "draw", "report")),
    ("Teach and grade", ("practice", "quiz", "sheet", "grade", "regrade", "check-key")),
    ("Set up", ("schema", "completion", "help")),
)
#: Shorter names, for fingers.
SHORT = {"rf": "receptive-field", "ls": "list", "ct": "conv-transpose"}


class ReaderGoneError(Exception):
    """Nobody reads on (`| head`): what click would make a failure of if it saw the `pipe` break."""

    def __init__(self, pipe: BrokenPipeError) -> None:
        self.pipe = pipe


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    context_class = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in COMMANDS:
            return None
        module = __import__(f"cnncalc.cli.{COMMANDS[cmd_name][0]}", fromlist=["command"])
        return with_help_page(module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in SHORT:
            args = [SHORT[args[0]], *args[1:]]
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UsageError(f"there is no command `{args[0]}`", meant_by(args))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError(error) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        shorter = {name: short for short, name in SHORT.items()}
        for title, names in GROUPS:
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (f"{name}, {shorter[name]}" if name in shorter else name, COMMANDS[name][1])
                        for name in names
                    ]
                )


def meant_by(arguments: list[str]) -> str:
    """Return what to type instead of a command that there is not."""
    word = arguments[0]
    command = suggest(word, [*COMMANDS, *SHORT])
    if command is None or command != word:
        from cnncalc.language.library import builtin_names

        names = [name for name, _, _ in builtin_names()]
        if word in names or word.endswith((".yaml", ".yml", ".onnx")):
            return f"`cnncalc summary {' '.join(arguments)}` shows a network"
        network = None if command else suggest(word, names)
        if network is not None:
            return f"did you mean `cnncalc summary {network}`?"
    return f"did you mean `cnncalc {command}`?" if command else "`cnncalc --help` lists them"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="cnncalc %(version)s")
def cli() -> None:
    """Compute what a convolutional network costs and sees, without running it.

    A network is a YAML file, or the name of one that comes with cnncalc (`cnncalc list`). Try:

    \b
      cnncalc summary alexnet
      cnncalc explain lenet5 C1
      cnncalc conv 32x32x3 --filters 10 --kernel 5 --padding 2
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 fine, 1 spec or check failed, 2 wrong usage."""
    from cnncalc.cli.process import run_as_process

    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(run_as_process(run, arguments))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status; errors are shown on the way."""
    if not arguments:
        from cnncalc.cli.output import say
        from cnncalc.cli.welcome import WELCOME

        say(WELCOME)
        return 0
    try:
        result = cli.main(arguments, prog_name="cnncalc", standalone_mode=False)
    except SpecError as error:
        return failures.spec_error(error, arguments)
    except UsageError as error:
        return failures.usage_error(error.message, error.help, arguments)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        return failures.usage_error(lowered(error.format_message()), shown_by(error), arguments)
    except click.ClickException as error:
        return failures.usage_error(lowered(error.format_message()), None, arguments)
    except ReaderGoneError as error:
        raise error.pipe from None
    except (click.Abort, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        package = NEEDED[error.name]
        message = f"this command needs {package}, which is not installed"
        return failures.usage_error(message, f"pip install {package}", arguments)
    except RecursionError:
        return failures.usage_error("the input is nested too deeply", None, arguments, status=1)
    except MemoryError:
        return failures.usage_error("there is not enough memory", None, arguments, status=1)
    return result if isinstance(result, int) else 0


def shown_by(error: click.UsageError) -> str | None:
    """Return what shows how a command is written: an example if words are missing or too many."""
    if error.ctx is None:
        return None
    help = f"`{error.ctx.command_path} --help` shows the options"
    has_set = any("--set" in param.opts for param in error.ctx.command.params)
    if has_set and isinstance(error, click.NoSuchOption) and len(error.possibilities or ()) != 1:
        name = error.option_name.lstrip("-")
        if name.isidentifier():  # as names of parameters are
            help = f"if `{name}` is a parameter of the network: `--set {name}=...`; {help}"
    lines = [line.strip() for line in (error.ctx.command.help or "").splitlines()]
    examples = [line for line in lines if line.startswith("cnncalc ")]
    if examples and (
        isinstance(error, click.MissingParameter)
        or not isinstance(error, (click.BadParameter, click.NoSuchOption))
    ):
        return f"for example `{examples[0].partition('   ')[0]}`; {help}"
    return help


def lowered(message: str) -> str:
    """Return click's message in the form of ours: on one line, no capital, no full stop."""
    message = " ".join(message.split()).rstrip(".")
    return message[:1].lower() + message[1:]
