"""Numbers and words decoded from the text as written, never from what YAML would make of them."""

from __future__ import annotations

from cnncalc.diagnostics import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Value: TypeAlias = int | float | bool | str | tuple["Value", ...]

LARGEST = 2**63 - 1  # of an integer, in size; the same bound holds at every step of an expression
TRUTHS = {"true": True, "True": True, "false": False, "False": False}
OTHER_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
NO_NUMBERS = ("nan", "inf", "infinity")


class ExpressionError(Exception):
    """A text that cannot be decoded or evaluated: where in the text (from 0), and what helps."""

    def __init__(
        self, message: str, help: str | None = None, offset: int = 0, length: int = 1
    ) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.offset = offset
        self.length = length


def decode_int(text: str) -> int:
    """Return the decimal integer that `text` is; raise ExpressionError if it is none."""
    value = _signed(text, "an integer")
    if isinstance(value, int):
        return value
    help = f"write {int(value)}" if value.is_integer() and abs(value) < 1e15 else None
    raise _refusal(text, f"{quoted(text)} is not an integer", help)


def decode_float(text: str) -> float:
    """Return the finite number that `text` is; raise ExpressionError if it is none."""
    return float(_signed(text, "a number"))


def decode_bool(text: str) -> bool:
    """Return True or False; raise ExpressionError for anything else, also for `yes` and `1`."""
    if text in TRUTHS:
        return TRUTHS[text]
    low = text.lower()
    meant = OTHER_TRUTHS.get(low) or (low if low in TRUTHS else None)
    help = f"write {meant}" if meant else "write true or false"
    raise _refusal(text, f"{quoted(text)} is neither true nor false", help)


def decode_word(text: str) -> str:
    """Return `text` if it is one word; raise ExpressionError if it is empty or has spaces."""
    if not text:
        raise _refusal(text, "a word is missing")
    if len(text.split()) != 1 or text != text.strip():
        raise _refusal(text, f"{quoted(text)} is not one word", "remove the spaces")
    return text


def exact_int(value: Value) -> int | None:
    """Return the integer that a computed value is, or None: 32.0 is one, 0.5 and a list are not."""
    if isinstance(value, int):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def number(word: str) -> int | float:
    """Return the value of an unsigned number such as `64`, `1_000`, `.5` or `1e-5`.

    Raises ExpressionError (offsets within `word`) for other bases, leading zeros and overflow.
    """
    try:
        value = int(word, 10) if word.replace("_", "").isdigit() else float(word)
    except ValueError:
        raise _refusal(word, f"{quoted(word)} is not a number", _number_help(word)) from None
    if not word.isascii():
        raise _refusal(word, f"{quoted(word)} is not a number", "use the digits 0 to 9")
    if isinstance(value, int):
        if word[0] == "0" and len(word) > 1:
            raise _refusal(word, f"{quoted(word)} begins with a zero", f"write {value}")
        if value > LARGEST:
            raise _refusal(
                word, f"{quoted(word)} is larger than {LARGEST:,}", "write a smaller number"
            )
    elif value - value != 0:  # infinite
        raise _refusal(word, f"{quoted(word)} is too large for a number", "write a smaller number")
    return value


def _number_help(word: str) -> str | None:
    if word[:2].lower() in ("0x", "0o", "0b"):
        try:
            return f"write {int(word, 0)}" if len(word) < 20 else "write it in decimal"
        except ValueError:
            return "write it in decimal"
    if "x" in word:
        return "a size per axis is a list, such as [3, 3]"
    return None


def _signed(text: str, wanted: str) -> int | float:
    word = text[1:] if text[:1] in ("-", "+") else text
    if word.lower() in NO_NUMBERS:
        raise _refusal(text, f"{quoted(text)} is not {wanted}: numbers are finite")
    if not (word[:1].isdigit() or word[:1] == "."):
        raise _refusal(text, f"{quoted(text)} is not {wanted}" if text else f"{wanted} is missing")
    if len(word) > 400:
        raise _refusal(text, f"{quoted(text)} is too long for a number")
    value = number(word)
    return -value if text[0] == "-" else value


def _refusal(text: str, message: str, help: str | None = None) -> ExpressionError:
    return ExpressionError(message, help, 0, max(len(text), 1))
