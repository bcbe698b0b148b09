"""The plain commands of build.ps1, so that they stand in one place: build_commands.py STEP prints them, one a line."""
import re
import sys


def commands(step, path='build.ps1'):
    with open(path, encoding='utf-8') as file:
        block = re.search(rf'^    {re.escape(step)} = @\(\n(.*?)^    \)', file.read(), re.M | re.S)
    return re.findall(r"^\s+'(.+)'$", block.group(1), re.M) if block else []


if __name__ == '__main__':
    found = commands(sys.argv[1])
    if not found:
        sys.exit(f"build.ps1 has no step '{sys.argv[1]}'")
    print('\n'.join(found))
