"""The command line: a file for one command, or a few alike, loaded only when one of them runs."""

from __future__ import annotations

import sys

from cnncalc.cli import failures
from cnncalc.diagnostics import SpecError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.cli.declare import Runnable

#: Every command: its module, its name there (`command` if none is said), and its line of help.
COMMANDS = {
    "summary": ("summary", "Show shapes, parameters and operations, layer by layer."),
    "list": ("list_", "List the networks that come with cnncalc."),
    "show": ("draw:show", "Print the expanded layer graph."),
    "draw": ("draw:draw", "Draw a network: boxes and edges, or the cuboids of lectures."),
    "report": ("report", "Write one HTML page in which networks can be explored."),
    "import": ("exchange:import_", "Print a model of another tool as a readable spec."),
    "export": ("exchange:export", "Write a network for ONNX, PyTorch or Keras."),
    "lint": ("check:lint", "Find what a network probably does not mean to do."),
    "check": ("check:check", "Compare a network with the figures its source published."),
    "explain": ("explain", "Derive every figure, with the numbers put in."),
    "receptive-field": ("receptive_field", "Show which input pixels a unit sees."),
    "why": ("why", "Reconcile two ways of counting operations, term by term."),
    "verify": ("verify", "Run a network in NumPy and prove the printed figures."),
    "run": ("run", "Run a network on given numbers and weights."),
    "weights": ("weights", "Write a file of weights for a network."),
    "conv": ("calculators:conv", "Work out one convolution."),
    "conv-transpose": ("calculators:conv_transpose", "Work out one transposed convolution."),
    "pool": ("calculators:pool", "Work out one pooling layer."),
    "linear": ("calculators:linear", "Work out one fully connected layer."),
    "pattern": ("pattern", "Expand [(CONV-RELU)*N-POOL]*M-(FC-RELU)*K,SOFTMAX into a spec."),
    "layers": ("language:layers", "Document the layers of the spec language."),
    "compare": ("compare:compare", "Put networks side by side."),
    "diff": ("compare:diff", "Align two networks layer by layer."),
    "sweep": ("compare:sweep", "Compute a quantity over a grid of inputs and parameters."),
    "solve": ("solve", "Answer inverse questions: which sizes, paddings, widths fit?"),
    "search": ("search:search", "Try the networks of a design space, a million if need be."),
    "found": ("search:found", "Show what a search has found."),
    "practice": ("homework:practice", "Ask questions in the terminal and explain at once."),
    "quiz": ("homework:quiz", "Draw a different quiz for every student."),
    "grade": ("grade:grade", "Mark submissions against a computed key."),
    "regrade": ("grade:regrade", "Mark stored answers again after a change."),
    "check-key": ("homework:check_key", "Compare a typed answer key with the computed one."),
    "sheet": ("homework:sheet", "Print an assignment to hand out, with places for answers."),
    "schema": ("language:schema", "Print a JSON Schema of the spec language for editors."),
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
        command = named(arguments[0])
        values = command.plain_values(arguments[1:]) if command else None
        if command is not None and values is not None:
            result = command.run_plainly(values)
        else:
            from cnncalc.cli.group import run_by_click

            result = run_by_click(arguments)
    except SpecError as error:
        return failures.spec_error(error, arguments)
    except UsageError as error:
        return failures.usage_error(error.message, error.help, arguments)
    except KeyboardInterrupt:
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


def named(word: str) -> Runnable | None:
    """Return the command of a name if it can be run without click."""
    from cnncalc.cli.declare import Runnable

    name = SHORT.get(word, word)
    if name not in COMMANDS:
        return None
    command = imported(name)
    return command if isinstance(command, Runnable) else None


def imported(name: str) -> Any:
    """Return a command, which is imported only now."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    place = __import__(f"cnncalc.cli.{module}", fromlist=["command"])
    return getattr(place, attribute or "command")
