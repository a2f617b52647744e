#!/bin/sh
# Every C file looks as .clang-format says.
set -eu
cd "$(dirname "$0")/../.."
git ls-files -co --exclude-standard '*.c' '*.h' | xargs -P 2 -n 40 clang-format --dry-run -Werror
