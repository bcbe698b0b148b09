"""Runs every command of the README's bash blocks in order in the repository root, as one shell: cd and export carry over.

`dotnet test` is left out, its step has run it. Each command has a time limit; the last line is "N passed, M failed"."""
import os
import shlex
import subprocess
import sys
import tempfile

from readme_blocks import commands, is_test

LIMIT_SECONDS = 300


def run(command, state):
    """One command in a fresh bash that first takes up, and at the end leaves, directory and exported variables."""
    state = shlex.quote(state)
    script = f'[ -s {state} ] && . {state}\n{command}\nstatus=$?\n{{ export -p; printf "cd %q\\n" "$PWD"; }} > {state}\nexit $status\n'
    try:
        return subprocess.run(['timeout', '--kill-after=10', str(LIMIT_SECONDS), 'bash', '-c', script], stdin=subprocess.DEVNULL,
                              stderr=subprocess.STDOUT).returncode
    except OSError as error:
        print(error)
        return 1


def main():
    todo = [c for c in commands() if not is_test(c)]
    if not todo:
        print('README.md has no command in a ```bash block: a reader cannot try anything')
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for command in todo:
            print('>', command, flush=True)
            status = run(command, os.path.join(folder, 'state'))
            if status:
                failed += 1
                print(f'FAILED: {f"no end after {LIMIT_SECONDS} s" if status == 124 else f"status {status}"}: {command}', flush=True)
    print(f'{len(todo) - failed} passed, {failed} failed')
    return 1 if failed or not todo else 0


if __name__ == '__main__':
    sys.exit(main())
