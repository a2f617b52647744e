#!/bin/sh
# The dashboard's own rules: small files that say in their first lines what they are for, no HTML from
# text, nothing inline that the Content-Security-Policy would refuse, nothing of another host.
set -eu
cd "$(dirname "$0")/../.."
bad=0
say() { echo "$1"; bad=1; }
ours() { git ls-files -co --exclude-standard "$@" | grep -v '^web/vendor/'; }

for file in $(ours 'web/*.js' 'web/*.css'); do
    [ -f "$file" ] || continue
    [ "$(wc -l <"$file")" -le 300 ] || say "$file: longer than 300 lines"
    case $(head -n 1 "$file") in '//'* | '/*'*) ;; *) say "$file: does not begin with what it does" ;; esac
done
files=$(ours 'web/*.js' 'web/*.html')
styles=$(ours 'web/*.css')
grep -nE 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function' $files && say 'HTML or code made from text'
grep -nE "setAttribute\('style'|<[^>]* (style|on[a-z]+)=|<style|<script>" $files && say 'inline styles, handlers or scripts'
grep -nE "['\"\`(](https?:)?//[a-z]" $files $styles | grep -v 'www.w3.org/2000/svg' && say 'an address of another host'
exit $bad
