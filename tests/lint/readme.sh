#!/bin/sh
# Every folder that a person opens has a README of at most a page. Folders that hold only data or
# routes are described by the folder above.
set -eu
cd "$(dirname "$0")/../.."
bad=0
for folder in $(git ls-files | xargs -n 1 dirname | sort -u |
    grep -vE '^(\.|\.ci|routes/api.*|sql/.*|scripts/.*|web/.*|deploy/.*|docs/.*|tests/fuzz/corpus.*)$'); do
    [ -f "$folder/README.md" ] || { echo "$folder: no README.md"; bad=1; continue; }
    [ "$(wc -l <"$folder/README.md")" -le 80 ] || { echo "$folder/README.md: longer than a page"; bad=1; }
done
exit $bad
