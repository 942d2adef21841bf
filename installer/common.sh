# shellcheck shell=bash
# Shared by the commands in this folder. Source it after `set -euo pipefail`, in the root of the tree.

# A compiler needs up to 1 GB. So run one for each core, but no more than memory allows.
job_count() {
    local cores memory_gb
    cores=$(nproc)
    memory_gb=$(awk '/^MemTotal:/ { print int($2 / 1000000) }' /proc/meminfo)
    [ "$memory_gb" -ge 1 ] || memory_gb=1
    echo $((cores < memory_gb ? cores : memory_gb))
}

# Configures a preset quietly. Shows the whole output only if it fails.
configure() {
    local preset=$1 log
    shift
    log=$(mktemp)
    if ! cmake --preset "$preset" "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
