"""Writes .env.example from the settings: ``python -m tests.env_example > .env.example``.

A field's docstring is its comment, its default the commented-out value. A test compares.
"""

import ast
import inspect
import textwrap

from bot import settings

HEADER = """\
# Every setting with its default. Copy this file to .env and take the # off the lines that you change.
# Generated from bot/settings.py: python -m tests.env_example > .env.example
"""


def env_example() -> str:
    """The file's text."""
    return HEADER + "".join(f"\n{comment}\n# {variable}={default}\n" for variable, default, comment in documented())


def documented() -> list[tuple[str, str, str]]:
    """(variable, default as text, commented docstring) of every setting, in the order of the class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(settings.Settings))).body[0]
    assert isinstance(body, ast.ClassDef)
    found = []
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            name = field.target.id
            assert isinstance(text, ast.Expr), f"The setting {name} has no docstring under it."
            assert isinstance(text.value, ast.Constant)
            lines = textwrap.wrap(inspect.cleandoc(str(text.value.value)).replace("``", ""), 110)
            default = str(settings.Settings.model_fields[name].default).removeprefix(f"{settings.PROJECT}/")
            found.append((settings.variable(name), default, "\n".join(f"# {line}" for line in lines)))
    return found


if __name__ == "__main__":
    print(env_example(), end="")
