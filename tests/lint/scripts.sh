#!/bin/sh
# Shell scripts are what shellcheck accepts, JavaScript and JSON at least parse.
set -eu
cd "$(dirname "$0")/../.."
bad=0
shells=$(git ls-files -co --exclude-standard | xargs grep -lE '^#!.*\b(ba)?sh$' 2>/dev/null)
shellcheck -S warning $shells || bad=1
for file in $(git ls-files -co --exclude-standard '*.mjs' '*.js'); do
    node --check "$file" || bad=1
done
for file in $(git ls-files -co --exclude-standard '*.json'); do
    node -e 'JSON.parse(require("fs").readFileSync(process.argv[1]))' "$file" || { echo "$file"; bad=1; }
done
exit $bad
