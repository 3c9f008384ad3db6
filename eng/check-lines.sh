#!/usr/bin/env bash
# Lists every line of more than 140 characters in tracked source, documents and scripts, and every C# file of more than 250 lines.
# Left out is what tools write: lock files and the lists of the public API and of banned symbols have other extensions, and onnx.proto
# is ONNX's own. Exits with 1 when anything is listed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mapfile -t files < <(git ls-files -- '*.cs' '*.md' '*.csproj' '*.props' '*.targets' '*.sh' '*.yml' '*.css' '*.js' .ci/run)
[ ${#files[@]} -gt 0 ] || { echo "check-lines: git lists no files" >&2; exit 1; }
# Characters, not bytes, whatever the locale.
found=$(perl -CSD -ne '
  chomp;
  printf "%s:%d: %d characters\n", $ARGV, $., length if length > 140;
  if (eof) { printf "%s: %d lines\n", $ARGV, $. if $ARGV =~ /\.cs$/ && $. > 250; close ARGV }
' -- "${files[@]}")
[ -z "$found" ] || { echo "$found"; echo "check-lines: $(wc -l <<<"$found") places are too long" >&2; exit 1; }
echo "check-lines: no line over 140 characters, no C# file over 250 lines"
