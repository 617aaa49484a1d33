"""What shells and `man` know of the commands, made from their own parsers.

extract --install-completion            for the shell that $SHELL names
python -m extractor.shell man extract > docs/extract.1
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractor.ending import ended
from extractor.engines.choose import ENGINES
from extractor.errors import UsageError
from extractor.writing import Stdout

SHELLS = ("bash", "zsh", "fish")
#: Options whose value is one of a list that the parser does not check, and what the value of others is.
_BUILT_IN = "auto passport id_card chinese_id_card driving_licence residence_permit visa".split()
_SUGGESTED = {
    "--schema": _BUILT_IN,
    "--check-schema": _BUILT_IN[1:],
    "--install-completion": SHELLS,
    "--engine": ENGINES,
}
#: Those of them that can also be a file.
_FILES = {"--schema", "--check-schema"}


@dataclass(frozen=True)
class _Option:
    """One option: its names, what it may be given (`None`: nothing, empty: a file or any text), whether that can be a
    file where `values` are listed, and its help."""

    names: tuple[str, ...]
    values: tuple[str, ...] | None
    file: bool
    help: str


def install(parser: argparse.ArgumentParser, shell: str | None) -> Path:
    """Writes the completion where the shell looks for it, and returns where. Raises UsageError."""
    shell = shell or Path(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        raise UsageError(f"name the shell: --install-completion {'|'.join(SHELLS)}")
    data = Path(os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"))
    config = Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"))
    target = {
        "bash": data / "bash-completion" / "completions" / parser.prog,
        "zsh": data / "zsh" / "site-functions" / f"_{parser.prog}",
        "fish": config / "fish" / "completions" / f"{parser.prog}.fish",
    }[shell]
    if str(target).startswith("~"):
        raise UsageError("this user has no home folder; name one for it by XDG_DATA_HOME and XDG_CONFIG_HOME")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(completion(parser, shell), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    return target


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion of a command for one of SHELLS, as a script."""
    make = {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]
    return make(parser.prog, list(_options(parser)))


def _options(parser: argparse.ArgumentParser) -> Iterator[_Option]:
    for action in parser._actions:
        if not action.option_strings or action.help == argparse.SUPPRESS:
            continue
        name = action.option_strings[-1]
        values = tuple(str(one) for one in action.choices or _SUGGESTED.get(name, ()))
        text = " ".join((action.help or "").split()).replace("%(prog)s", parser.prog)
        yield _Option(tuple(action.option_strings), None if action.nargs == 0 else values, name in _FILES, text)


def _bash(name: str, options: Sequence[_Option]) -> str:
    function = "_" + re.sub(r"\W", "_", name)
    cases = "".join(f"    {'|'.join(one.names)}) {_bash_values(one)}; return ;;\n" for one in options if one.values)
    words = "\\n".join(word for one in options for word in one.names)
    return f"""# bash completion of {name}; made by: {name} --install-completion bash
{function}() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}
  local IFS=$'\\n'  # names of files may hold spaces
  compopt -o filenames 2>/dev/null
  case $prev in
{cases}  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W $'{words}' -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}}
complete -F {function} {name}
"""


def _bash_values(one: _Option) -> str:
    words = "\\n".join(one.values or ())
    files = ' $(compgen -f -- "$cur")' if one.file else ""
    return f"""COMPREPLY=($(compgen -W $'{words}' -- "$cur"){files})"""


def _zsh(name: str, options: Sequence[_Option]) -> str:
    functions, lines = [], []
    for one in options:
        text = re.sub(r"([\[\]:\\])", r"\\\1", one.help).replace("'", "'\\''")
        value = ""
        if one.values and one.file:  # an action of several parts is a function: its colons would end it
            function = "_" + re.sub(r"\W", "_", f"{name}{one.names[-1]}")
            words = " ".join(one.values)
            functions.append(f"{function}() {{ _alternative 'words:value:({words})' 'files:file:_files' }}\n")
            value = f":value:{function}"
        elif one.values is not None:
            value = f":value:({' '.join(one.values)})" if one.values else ":value:_files"
        lines += [f"  '{word}[{text}]{value}'" for word in one.names]
    arguments = " \\\n".join([*lines, "  '*:file:_files'"])
    return (
        f"#compdef {name}\n# zsh completion; made by: {name} --install-completion zsh\n"
        f"{''.join(functions)}_arguments -s \\\n{arguments}\n"
    )


def _fish(name: str, options: Sequence[_Option]) -> str:
    lines = [f"# fish completion; made by: {name} --install-completion fish"]
    for one in options:
        words = " ".join(f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}" for word in one.names)
        text = one.help.replace("\\", "\\\\").replace("'", "\\'")
        needed = "-x" if one.values and not one.file else "-r"  # -x: and no file
        value = "" if one.values is None else f" {needed} -a '{' '.join(one.values)}'" if one.values else f" {needed}"
        lines.append(f"complete -c {name} {words}{value} -d '{text}'")
    return "\n".join(lines) + "\n"


def man_page(parser: argparse.ArgumentParser, version: str) -> str:
    """The command's manual page (section 1), in the macros of `man`."""
    usage = re.sub(r"^usage: ", "", " ".join(parser.format_usage().split()))
    short = (parser.description or "").partition(". ")[0].rstrip(".")
    lines = [
        f'.TH {parser.prog.upper()} 1 "" "id-document-extractor {version}" "User Commands"',
        ".SH NAME",
        f"{_roff(parser.prog)} \\- {_roff(short[:1].lower() + short[1:])}",
        ".SH SYNOPSIS",
        _roff(usage),
        ".SH DESCRIPTION",
        _roff(parser.description or ""),
    ]
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if action.help != argparse.SUPPRESS]
        if not actions:
            continue
        lines.append(f".SH {_roff((group.title or '').upper())}")
        if group.description:
            lines.append(_roff(group.description))
        for action in actions:
            lines += [".TP", _heading(action), _roff((action.help or "").replace("%(prog)s", parser.prog))]
    title = ".SH EXAMPLES AND EXIT CODES"
    return "\n".join([*lines, title, ".nf", *map(_roff, (parser.epilog or "").rstrip().splitlines()), ".fi"]) + "\n"


def _heading(action: argparse.Action) -> str:
    value = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper())
    if not action.option_strings:
        return f"\\fI{_roff(str(value))}\\fR"
    names = ", ".join(f"\\fB{_roff(name)}\\fR" for name in action.option_strings)
    return names if action.nargs == 0 else f"{names} \\fI{_roff(str(value))}\\fR"


def _roff(text: str) -> str:
    """A text without what `man` would take for its own."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a command's manual page or completion."""
    parser = argparse.ArgumentParser(prog="python -m extractor.shell", description=main.__doc__)
    parser.add_argument("what", choices=("man", *SHELLS))
    parser.add_argument("command", choices=("extract", "extract-server"))
    return ended("extractor.shell", lambda: _print_made(parser.parse_args(argv)))


def _print_made(options: argparse.Namespace) -> int:
    from extractor import __version__

    if options.command == "extract":
        from extractor.cli_options import build_parser
    else:
        from extractor.server.__main__ import build_parser
    command = build_parser()
    made = man_page(command, __version__) if options.what == "man" else completion(command, options.what)
    Stdout().write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
