# A front for the plain commands that build PcKernels. Without an argument it restores, builds and tests.
#   ./build.ps1 [restore|build|test|pack|native] ...
# .ci/run reads the same lines from this file, so keep each one a plain command: no quoting, no variables.
param([Parameter(ValueFromRemainingArguments)] [string[]] $Steps = @('restore', 'build', 'test'))

$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

$commands = @{
    restore = @(
        'dotnet restore --locked-mode'
    )
    build = @(
        'dotnet build -c Release --no-restore'
    )
    test = @(
        'dotnet test -c Release'
    )
    pack = @(
        'dotnet pack -c Release -o artifacts/packages'
    )
    native = @(
        'cmake -S native -B build/native -DCMAKE_BUILD_TYPE=Release'
        'cmake --build build/native --config Release --parallel 4'
        'ctest --test-dir build/native -C Release --output-on-failure'
    )
}

foreach ($step in $Steps) {
    if (-not $commands.ContainsKey($step)) {
        throw "there is no step '$step'; the steps are: $(($commands.Keys | Sort-Object) -join ', ')"
    }
    foreach ($command in $commands[$step]) {
        Write-Host "> $command"
        $program, $arguments = $command -split ' '
        & $program @arguments
        if ($LASTEXITCODE -ne 0) { throw "'$command' ended with status $LASTEXITCODE" }
    }
}
