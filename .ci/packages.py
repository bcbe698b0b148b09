"""packages.py FOLDER: every packable project left a package there that holds what a user needs. Ends in "N passed, M failed"."""
import glob
import os
import re
import sys
import xml.etree.ElementTree
import zipfile


def version():
    return xml.etree.ElementTree.parse('Directory.Build.props').findtext('.//Version')


def packable():
    for project in sorted(glob.glob('src/*/*.csproj')):
        with open(project, encoding='utf-8') as file:
            if re.search(r'<IsPackable>true</IsPackable>', file.read()):
                yield os.path.splitext(os.path.basename(project))[0]


def lacking(folder, name):
    path = os.path.join(folder, f'{name}.{version()}.nupkg')
    if not os.path.exists(path):
        return [os.path.basename(path)]
    with zipfile.ZipFile(path) as package:
        held = package.namelist()
    return [f for f in ('README.md', 'NOTICE', f'lib/net10.0/{name}.dll', f'lib/net10.0/{name}.xml') if f not in held]


def main():
    names, failed = list(packable()), 0
    for name in names:
        missing = lacking(sys.argv[1], name)
        failed += bool(missing)
        print(f'{name}: {"lacks " + ", ".join(missing) if missing else "complete"}')
    print(f'{len(names) - failed} passed, {failed} failed')
    return 1 if failed or not names else 0


if __name__ == '__main__':
    sys.exit(main())
