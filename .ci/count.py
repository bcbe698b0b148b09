"""Reads a runner's own totals out of its output: count.py dotnet|ctest|pairs LOG prints "passed failed skipped"."""
import glob
import re
import sys


def dotnet(text):
    """One line per test project. A project without one ran nothing, which counts as a failure: tests do not vanish unseen."""
    lines = re.findall(r'^(?:Passed|Failed|Skipped)!\s+- Failed:\s+(\d+), Passed:\s+(\d+), Skipped:\s+(\d+), Total:', text, re.M)
    failed, passed, skipped = (sum(int(line[i]) for line in lines) for i in range(3))
    silent = len(glob.glob('tests/*/*.csproj')) - len(lines)
    if silent > 0:
        print(f'{silent} test projects printed no total', file=sys.stderr)
    return passed, failed + max(silent, 0), skipped


def ctest(text):
    """The line "100% tests passed, 0 tests failed out of N". Below it stand skipped tests, which are among the N, and disabled ones, which are not."""
    totals = re.findall(r'tests passed, (\d+) tests? failed out of (\d+)', text)
    failed, total = (sum(int(t[i]) for t in totals) for i in range(2))
    skipped, disabled = (len(re.findall(rf'^\s+\d+ - .*\({word}\)$', text, re.M)) for word in ('Skipped', 'Disabled'))
    return total - failed - skipped, failed, skipped + disabled


def pairs(text):
    """The last line of the form "N passed, M failed"."""
    found = re.findall(r'^(\d+) passed, (\d+) failed$', text, re.M)
    return (int(found[-1][0]), int(found[-1][1]), 0) if found else (0, 0, 0)


def main():
    _, runner, log = sys.argv
    with open(log, encoding='utf-8', errors='replace') as file:
        print(*{'dotnet': dotnet, 'ctest': ctest, 'pairs': pairs}[runner](file.read()))


if __name__ == '__main__':
    main()
