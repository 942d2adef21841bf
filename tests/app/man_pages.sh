#!/bin/sh
# man_pages.sh PROGRAM PAGE.gz...: checks that the manual pages are well formed and filled in, and that the first names every command of the program.
set -eu
program=$1
shift
for page; do
    complaints=$(zcat "$page" | groff -man -Tutf8 -ww -z 2>&1)
    [ -z "$complaints" ] || { echo "$page: $complaints"; exit 1; }
    if zcat "$page" | grep -n '@[A-Z]*@'; then
        echo "$page: not filled in"
        exit 1
    fi
done
count=0
for name in $("$program" -h | sed -n 's/^    \([a-z][a-z-]*\)  .*/\1/p' | sed 's/-/\\\\-/g'); do
    zcat "$1" | grep -q "^\.B $name" || { echo "$1: nothing about $name"; exit 1; }
    count=$((count + 1))
done
[ "$count" -gt 10 ] || { echo "only $count commands were looked for"; exit 1; }
echo "$# pages, $count commands"
