#!/bin/sh
# Class: a typing error in the arguments of the simulator runs no seed and counts as success, so a build server stays green. Looked at: all
# options that take a number. Now each number must be written in digits, and zero seeds are refused. Argument: the simulator.
set -u
simulator=$1
for arguments in "--seeds 0" "--seeds x" "--seeds -1" "--seeds 1x" "--seeds 99999999999999999999" "--jobs 0 --seeds 1" "--first -1" "--seeds" "--nonsense 1" "extra"; do
    # shellcheck disable=SC2086 # the words are separate arguments
    "$simulator" $arguments > /dev/null 2>&1
    status=$?
    [ "$status" -eq 2 ] || { echo "$arguments: status $status instead of 2"; exit 1; }
done
"$simulator" --seeds "" > /dev/null 2>&1
[ $? -eq 2 ] || { echo "an empty number was accepted"; exit 1; }
"$simulator" --seeds 1 --first 1 > /dev/null || { echo "one seed failed"; exit 1; }
