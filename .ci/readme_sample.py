"""readme_sample.py FOLDER: builds and runs each csharp block of the README as a user's program would be, against the packages in FOLDER.

The project lies outside the repository, restores only from that folder and keeps its own package cache, so that neither this
repository's settings nor an older package of the same version can help. Ends in "N passed, M failed"."""
import os
import subprocess
import sys
import tempfile

from packages import packable, version
from readme_blocks import blocks

LIMIT_SECONDS = 240


def project():
    references = '\n'.join(f'    <PackageReference Include="{name}" Version="{version()}" />' for name in packable())
    return f'''<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <UseAppHost>false</UseAppHost>
    <RestorePackagesPath>packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
{references}
  </ItemGroup>
</Project>
'''


def sources(packages):
    return f'<configuration><packageSources><clear /><add key="built" value="{os.path.abspath(packages)}" /></packageSources></configuration>\n'


def run(sample, packages):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (('Sample.csproj', project()), ('nuget.config', sources(packages)), ('Program.cs', sample)):
            with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
                file.write(text)
        command = ['timeout', '--kill-after=10', str(LIMIT_SECONDS), 'dotnet', 'run', '-c', 'Release', '--project', os.path.join(folder, 'Sample.csproj')]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT).returncode


def main():
    samples = blocks('csharp')
    if not samples:
        print('README.md has no ```csharp block')
    failed = 0
    for number, sample in enumerate(samples, 1):
        print(f'> sample {number}', flush=True)
        status = run(sample, sys.argv[1])
        failed += status != 0
        print(f'sample {number}: status {status}', flush=True)
    print(f'{len(samples) - failed} passed, {failed} failed')
    return 1 if failed or not samples else 0


if __name__ == '__main__':
    sys.exit(main())
