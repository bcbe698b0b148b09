# Sourced by .ci/run: runs a step, keeps its output, counts what its runner reports.

logs=artifacts/ci
total_passed=0 total_failed=0 total_skipped=0
summary=() failures=()

begin() { rm -rf "$logs"; mkdir -p "$logs"; }

# step SLUG COUNTER TITLE SECONDS COMMAND...: the counter is how .ci/count.py reads the totals (none, dotnet, ctest, pairs).
step() {
    local slug=$1 counter=$2 title=$3 limit=$4; shift 4
    local log="$logs/$slug.log" status passed=0 failed=0 skipped=0 start=$SECONDS n=2
    while [ -e "$log" ]; do log="$logs/$slug-$n.log"; n=$((n + 1)); done
    printf '== %s\n   %s\n' "$title" "$*"
    if [ "$(type -t "$1")" = function ]; then
        "$@" > "$log" 2>&1 < /dev/null; status=$?
    else
        timeout --kill-after=10 "$limit" "$@" > "$log" 2>&1 < /dev/null; status=$?
    fi
    [ "$status" = 124 ] && echo "no end after $limit s" >> "$log"
    if [ "$counter" != none ]; then
        read -r passed failed skipped < <(python3 .ci/count.py "$counter" "$log")
        if [ $((passed + failed + skipped)) = 0 ]; then failed=1; echo "nothing ran" >> "$log"; fi
    fi
    if [ "$status" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
    if [ "$failed" != 0 ]; then
        said "$log" | tail -n 150 | sed 's/^/   | /'
        failures+=("$title" "$log")
    fi
    record "$title" "$passed" "$failed" "$skipped" $((SECONDS - start))
    [ "$status" != 0 ] && printf '   status %s; all of its output is in %s\n' "$status" "$log"
    return 0
}

# said LOG: without the tests that were skipped, two lines each of them.
said() { grep -avE '^ *(Skipped [A-Z]|\[xUnit.net .*\[SKIP\])' "$1"; }

# background SLUG FUNCTION: runs it beside the next steps, with what they leave of the processors.
background() {
    local slug=$1
    (
        chrt --idle --pid 0 "$BASHPID" 2> /dev/null || renice -n 19 -p "$BASHPID" > /dev/null
        "$2" > "$logs/background-$slug.log" 2>&1 < /dev/null
        echo $? > "$logs/background-$slug.status"
    ) &
}

# finished SLUG: waits for what runs in the background and is its output and status, for a step to record.
finished() {
    while [ ! -s "$logs/background-$1.status" ]; do
        jobs -r | grep -q . || break
        sleep 1
    done
    cat "$logs/background-$1.log"
    return "$(cat "$logs/background-$1.status" 2> /dev/null || echo 1)"
}

# skip REASON: a step whose input is not on this machine, counted as one skip so that it is seen.
skip() {
    printf '== %s\n' "$1"
    record "$1" 0 0 1 0
}

# commands_but_last NAME SECONDS: runs those that build.ps1 has under NAME, the last one left out; stops at the first that fails.
commands_but_last() {
    local commands=() command words
    mapfile -t commands < <(python3 .ci/build_commands.py "$1")
    for command in "${commands[@]::${#commands[@]}-1}"; do
        read -ra words <<< "$command"
        timeout --kill-after=10 "$2" "${words[@]}" || return
    done
}

# last_step_of NAME COUNTER TITLE: the last of the commands that build.ps1 has under NAME, read by the counter.
last_step_of() {
    local words
    read -ra words <<< "$(python3 .ci/build_commands.py "$1" | tail -n 1)"
    step "$1" "$2" "$3" 1200 "${words[@]:-false}"
}

# steps_of NAME COUNTER TITLE: the commands that build.ps1 has under NAME; the last one is read by the counter.
steps_of() {
    local name=$1 counter=$2 title=$3 commands=() words i last
    mapfile -t commands < <(python3 .ci/build_commands.py "$name")
    last=$((${#commands[@]} - 1))
    if [ "$last" -lt 0 ]; then step "$name" none "$title" 10 false; return; fi
    for i in "${!commands[@]}"; do
        read -ra words <<< "${commands[$i]}"
        if [ "$i" = "$last" ]; then step "$name" "$counter" "$title" 1200 "${words[@]}"; else step "$name" none "$title" 1200 "${words[@]}"; fi
    done
}

record() {
    total_passed=$((total_passed + $2)) total_failed=$((total_failed + $3)) total_skipped=$((total_skipped + $4))
    summary+=("$(printf '%5d s  passed %4d  failed %3d  skipped %3d  %s' "$5" "$2" "$3" "$4" "$1")")
    printf '   passed %d, failed %d, skipped %d, %d s\n' "$2" "$3" "$4" "$5"
}

# write_summary FILE: which machine, when, and what each step took.
write_summary() {
    local model
    model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
    mkdir -p "$(dirname "$1")"
    {
        printf 'machine  %s, %s cores\n' "${model:-unknown CPU}" "$(nproc)"
        printf 'date     %s\n' "$(date -u +%Y-%m-%d)"
        printf 'command  .ci/run --full\n\n'
        printf '%s\n' "${summary[@]}"
        printf '\n%d passed, %d failed, %d skipped in %d s\n' "$total_passed" "$total_failed" "$total_skipped" "$SECONDS"
    } > "$1"
}

# What failed stands at the end once more, where it is not lost among the output of the steps after it.
finish() {
    local i
    for ((i = 0; i < ${#failures[@]}; i += 2)); do
        printf '!! %s\n' "${failures[i]}"
        said "${failures[i + 1]}" | grep -aE -A 12 '\[FAIL\]|^ *Failed [A-Z]|\*\*\*Failed|error|FAILED' | head -n 60 | sed 's/^/   | /'
    done
    printf '%d passed, %d failed, %d skipped\n' "$total_passed" "$total_failed" "$total_skipped"
    if [ "$total_failed" -gt 0 ] || [ "$total_passed" = 0 ]; then exit 1; fi
    exit 0
}
