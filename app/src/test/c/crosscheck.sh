#!/bin/sh
# crosscheck.sh GROUNDTRUTH-CHECKED: runs it with several seeds; both truths it prints must be the same.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for seed in 1 2 3 4 5; do
    "$1" -s "$seed" </dev/null >"$work/out" 2>"$work/err" &
    pid=$!
    until grep -q '^pid' "$work/out"; do sleep 0.1; done
    kill -USR1 "$pid"
    until [ "$(grep -c '^end$' "$work/out")" = 2 ]; do
        kill -0 "$pid"
        sleep 0.1
    done
    kill -USR1 "$pid"
    wait "$pid"
    awk -v first="$work/first" -v second="$work/second" '
        /^function/ { part++ }
        part == 1 { print >first }
        part == 2 { print >second }' "$work/out"
    cmp "$work/first" "$work/second"
    echo "seed $seed: both agree in $(wc -l <"$work/first") lines; $(cat "$work/err")"
done
