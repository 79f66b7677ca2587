"""`postrider completion bash|zsh|fish`: a script for the shell, made from the grammar itself."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = ("FILE", "FILE.eml", "DRAFT.json", "OUT.eml", "DIR", "CID=FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: its spellings, whether a value follows, and which values there are."""

    names: tuple[str, ...]
    about: str
    takes_value: bool
    choices: tuple[str, ...] = ()
    is_file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What may follow a command: `words` of the command line, commands, options, values."""

    words: tuple[str, ...]
    commands: tuple[tuple[str, str], ...]
    options: tuple[Option, ...]
    choices: tuple[str, ...] = ()
    takes_files: bool = False


def places(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[Place]:
    """Walk the grammar."""
    commands: dict[str, argparse.ArgumentParser] = {}
    abouts: dict[str, str] = {}
    options: list[Option] = []
    choices: list[str] = []
    takes_files = False
    for action in parser._actions:  # noqa: SLF001  argparse has no public way to read a grammar
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  as above
            commands.update(action.choices)
            abouts.update({one.dest: one.help or "" for one in action._choices_actions})  # noqa: SLF001  as above
        elif action.option_strings:
            options.append(_option(action))
        else:
            choices += [str(choice) for choice in action.choices or ()]
            takes_files = takes_files or _is_file(action)
    yield Place(
        words=words,
        commands=tuple((name, abouts.get(name, "")) for name in commands),
        options=tuple(options),
        choices=tuple(choices),
        takes_files=takes_files,
    )
    for name, command in commands.items():
        yield from places(command, (*words, name))


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """Give the script for a shell."""
    found = list(places(parser))
    match shell:
        case "bash":
            return _bash(found)
        case "zsh":
            return _zsh(found)
        case _:
            return _fish(found)


def write(shell: str, parser: argparse.ArgumentParser) -> None:
    """Write the script to standard output."""
    sys.stdout.write(script(shell, parser))


def _option(action: argparse.Action) -> Option:
    return Option(
        names=tuple(action.option_strings),
        about=(action.help or "").replace("%%", "%"),
        takes_value=action.nargs != 0,
        choices=tuple(str(choice) for choice in action.choices or ()),
        is_file=_is_file(action),
    )


def _is_file(action: argparse.Action) -> bool:
    return str(action.metavar or action.dest) in _FILES


def _words_of(place: Place) -> list[str]:
    names = [name for name, _ in place.commands]
    return [*names, *place.choices, *(name for one in place.options for name in one.names)]


def _steps(found: list[Place]) -> Iterator[str]:
    """Give shell cases by which the words typed so far lead to a place."""
    for place in found:
        if place.words:
            before, last = " ".join(place.words[:-1]), place.words[-1]
            yield f"      {shlex.quote(f'{before}:{last}')}) at={shlex.quote(' '.join(place.words))} ;;"


def _values(found: list[Place], words: str, files: str) -> Iterator[str]:
    """Give shell cases for the value behind an option."""
    for place in found:
        for option in place.options:
            if option.takes_value:
                where = " ".join(place.words)
                cases = "|".join(shlex.quote(f"{where}:{name}") for name in option.names)
                act = files if option.is_file else words.format(" ".join(option.choices))
                yield f"    {cases}) {act}; return ;;"


_BASH = """\
# Completion of postrider for bash: put this into ~/.local/share/bash-completion/completions/postrider
_postrider() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} at='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at:${{COMP_WORDS[i]}}" in
{steps}
    esac
  done
  # --option=value comes as three words, for = is in $COMP_WORDBREAKS.
  if [[ $cur == = ]]; then cur=''
  elif [[ $prev == = ]]; then prev=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  case "$at:$prev" in
{values}
  esac
  case "$at" in
{places}
  esac
}}
complete -o filenames -F _postrider postrider
"""


def _bash(found: list[Place]) -> str:
    words = 'COMPREPLY=($(compgen -W "{}" -- "$cur"))'
    files = 'COMPREPLY=($(compgen -f -- "$cur"))'
    lines = []
    for place in found:
        act = words.format(" ".join(_words_of(place)))
        if place.takes_files:
            act += f"; [[ $cur == -* ]] || {files.replace('=(', '+=(')}"
        lines.append(f"    {shlex.quote(' '.join(place.words))}) {act} ;;")
    return _BASH.format(
        steps="\n".join(_steps(found)),
        values="\n".join(_values(found, words, files)),
        places="\n".join(lines),
    )


_ZSH = """\
#compdef postrider
# Completion of postrider for zsh: put this as _postrider into a directory of $fpath
_postrider() {{
  local at='' i prev=${{words[CURRENT-1]}}
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    case "$at:${{words[i]}}" in
{steps}
    esac
  done
  if [[ ${{words[CURRENT]}} == --*=* ]]; then
    prev=${{words[CURRENT]%%=*}}
    compset -P '*='
  fi
  case "$at:$prev" in
{values}
  esac
  case "$at" in
{places}
  esac
}}
_postrider "$@"
"""


def _zsh(found: list[Place]) -> str:
    lines = []
    for place in found:
        offered = [_described(name, about) for name, about in place.commands]
        offered += [shlex.quote(choice) for choice in place.choices]
        offered += [_described(name, one.about) for one in place.options for name in one.names]
        act = f"offered=({' '.join(offered)}); _describe postrider offered"
        act += "; _files" if place.takes_files else ""
        lines.append(f"    {shlex.quote(' '.join(place.words))}) {act} ;;")
    return _ZSH.format(
        steps="\n".join(_steps(found)),
        values="\n".join(_values(found, "compadd -- {}", "_files")),
        places="\n".join(lines),
    )


def _described(name: str, about: str) -> str:
    return shlex.quote(f"{name}:{about}" if about else name)


_FISH = """\
# Completion of postrider for fish: put this into ~/.config/fish/completions/postrider.fish
function __postrider_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        switch "$at:$word"
{steps}
        end
    end
    test "$at" = "$argv[1]"
end
complete -c postrider -f
{lines}
"""


def _fish(found: list[Place]) -> str:
    steps, lines = [], []
    for place in found:
        where = " ".join(place.words)
        if place.words:
            before = " ".join(place.words[:-1])
            steps += [
                f"            case {_fish_quote(f'{before}:{place.words[-1]}')}",
                f"                set at {_fish_quote(where)}",
            ]
        here = f"complete -c postrider -n {_fish_quote(f'__postrider_at {_fish_quote(where)}')}"
        for name, about in [*place.commands, *((choice, "") for choice in place.choices)]:
            lines.append(f"{here} -a {_fish_quote(name)} -d {_fish_quote(about)}")
        lines += [_fish_option(here, option) for option in place.options]
        lines += [f"{here} -F"] if place.takes_files else []
    return _FISH.format(steps="\n".join(steps), lines="\n".join(lines))


def _fish_option(here: str, option: Option) -> str:
    names = " ".join(
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
    )
    value = ""
    if option.takes_value:
        value = " -r -F" if option.is_file else " -x"
        value += f" -a {_fish_quote(' '.join(option.choices))}" if option.choices else ""
    return f"{here} {names}{value} -d {_fish_quote(option.about)}"


def _fish_quote(text: str) -> str:
    """Quote for fish, where a backslash escapes quotes inside single quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
