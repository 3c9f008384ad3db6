#!/usr/bin/env bash
# eng/sbom.sh OUT [SERVER]: writes CycloneDX bills of materials: OUT/package.cdx.json of the dependencies that the package
# Microsoft.ML.PcDarts brings into an application, and, given the folder of a published PcDarts.Web, OUT/server.cdx.json of its contents,
# the .NET runtime included. Both are compared with what was restored and published. Needs a restored checkout and jq.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
[ $# -ge 1 ] || { echo "usage: eng/sbom.sh OUT [SERVER]" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
server=${2:+$(cd "$2" && pwd)}
fail() { echo "sbom: $*" >&2; exit 1; }
version=$(sed -n 's/.*<Version>\(.*\)<\/Version>.*/\1/p' "$root/Directory.Build.props")
cd "$root/eng"
dotnet tool restore >/dev/null

# bill FILE PROJECT TYPE OPTIONS...
bill() {
  local file=$1 project=$2 type=$3; shift 3
  dotnet tool run dotnet-CycloneDX "$root/$project" -o "$out" -fn "$file" -F Json -dpr -ns -st "$type" \
    -sn "$(basename "$project" .csproj)" -sv "$version" "$@" >"$out/$file.log" 2>&1 \
    || { cat "$out/$file.log" >&2; fail "$file was not written"; }
  rm "$out/$file.log"
}

# names FILE: the components that belong to what is delivered, without tools of the build.
names() { jq -r '.components[] | select(.scope != "excluded") | "\(.name)/\(.version)"' "$1" | sort -u; }

bill package.cdx.json src/Microsoft.ML.PcDarts/Microsoft.ML.PcDarts.csproj Library
missing=$(comm -23 <(jq -r '.targets["net10.0"] | to_entries[]
    | select((.value.compile // {}) + (.value.runtime // {}) + (.value.runtimeTargets // {}) | length > 0) | .key' \
  "$root/src/Microsoft.ML.PcDarts/obj/project.assets.json" | sort -u) <(names "$out/package.cdx.json"))
[ -z "$missing" ] || fail "package.cdx.json lacks $missing"

if [ -n "$server" ]; then
  bill server.cdx.json src/Samples/PcDarts.Web/PcDarts.Web.csproj Application -rt linux-x64
  # The runtime is no package of the project; what was published says which it is.
  jq --slurpfile deps "$server/PcDarts.Web.deps.json" '.components += [$deps[0].libraries | to_entries[]
    | select(.value.type == "runtimepack") | .key | ltrimstr("runtimepack.") | split("/")
    | {type: "framework", "bom-ref": ("pkg:nuget/" + join("@")), name: .[0], version: .[1], purl: ("pkg:nuget/" + join("@")),
       scope: "required", licenses: [{license: {id: "MIT"}}]}]' \
    "$out/server.cdx.json" >"$out/server.tmp"
  mv "$out/server.tmp" "$out/server.cdx.json"
  missing=$(comm -23 <(jq -r '.libraries | to_entries[] | select(.value.type != "project") | .key | ltrimstr("runtimepack.")' \
    "$server/PcDarts.Web.deps.json" | sort -u) <(names "$out/server.cdx.json"))
  [ -z "$missing" ] || fail "server.cdx.json lacks $missing"
fi
for file in "$out"/*.cdx.json; do
  echo "$(basename "$file"): $(names "$file" | wc -l) components"
done
