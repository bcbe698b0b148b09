"""The fenced blocks of README.md. `readme_blocks.py tests` prints its test commands; `agree` compares them with build.ps1's."""
import re
import sys

import build_commands


def blocks(language, path='README.md'):
    with open(path, encoding='utf-8') as file:
        return re.findall(rf'^```{re.escape(language)}[ \t]*\n(.*?)^```[ \t]*$', file.read(), re.M | re.S)


def commands():
    """The command lines of the bash blocks in order: comments and empty lines left out, lines ending in a backslash joined."""
    joined = '\n'.join(blocks('bash')).replace('\\\n', ' ')
    return [line.strip() for line in joined.split('\n') if line.strip() and not line.strip().startswith('#')]


def is_test(command):
    return re.match(r'dotnet test\b', command) is not None


def agree():
    shown = [c for c in commands() if is_test(c)]
    if not shown:
        return 'README.md has no line starting with "dotnet test" in a ```bash block'
    missing = [c for c in build_commands.commands('test') if c not in shown]
    return f'build.ps1 tests with {missing}, README.md with {shown}' if missing else None


if __name__ == '__main__':
    if sys.argv[1] == 'tests':
        print(*[c for c in commands() if is_test(c)], sep='\n', end='\n' if any(map(is_test, commands())) else '')
    else:
        sys.exit(agree())
