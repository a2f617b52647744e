#!/bin/sh
# The rules of the house that a few lines of shell can see: every C file says in its first line
# what it is for, a .c includes its own header first, a header has its guard, no file is longer
# than 500 lines, no function that has a safer one beside it, no unfinished business.
set -eu
cd "$(dirname "$0")/../.."
bad=0
say() { echo "$1"; bad=1; }

for file in $(git ls-files -co --exclude-standard '*.c' '*.h'); do
    [ -f "$file" ] || continue
    case $(head -n 1 "$file") in '/*'* | '//'*) ;; *) say "$file: does not begin with what it does" ;; esac
    [ "$(wc -l <"$file")" -le 500 ] || say "$file: longer than 500 lines"
    case $file in
    *.h)
        guard=$(basename "${file%.h}" | tr 'a-z-' 'A-Z_')_H
        grep -q "^#ifndef .*$guard$" "$file" || say "$file: no include guard *$guard" ;;
    *.c)
        own=$(basename "${file%.c}").h
        [ ! -f "${file%.c}.h" ] || sed -n 's/^#include //p' "$file" | head -n 1 | grep -q "[\"/]$own\"" ||
            say "$file: does not include its own header first" ;;
    esac
done

git ls-files -co --exclude-standard 'sql/migrations/*.sql' | sed 's|.*/\([0-9]*\)_.*|\1|' | sort | uniq -d | grep . &&
    say 'two migrations have one number'

banned='strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|rand|tmpnam|mktemp|setjmp|longjmp'
git grep --untracked -nwE "($banned) ?\(" -- '*.c' '*.h' && say 'banned functions: there is a safer one'
git grep --untracked -nwE 'TODO|FIXME|XXX|HACK' -- . ':!tests/lint/rules.sh' ':!tests/package-lock.json' &&
    say 'unfinished business'
exit $bad
