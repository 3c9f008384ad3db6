#!/usr/bin/env bash
# Packs the library and uses the package as a stranger would, in a folder outside the repository. The README's training program, which
# gets the package through a class library and references libtorch, is built, run and published. The README's predicting program, which
# has only ML.NET, then reads the model, and so does the third, which has the package and no libtorch. The blocks of
# docs/interchange.md are run as well. Needs a Release build of the library.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Programs that are started without dotnet find it by this.
export DOTNET_ROOT=${DOTNET_ROOT:-$(dirname "$(readlink -f "$(command -v dotnet)")")}
fail() { echo "check-package: $*" >&2; exit 1; }

version() { sed -n "s/.*<PackageVersion Include=\"$1\" Version=\"\([^\"]*\)\".*/\1/p" "$root/Directory.Packages.props"; }
# A version of its own, so that no package folder can hold an older package of the same name and version.
package_version=$(sed -n 's/.*<Version>\(.*\)<\/Version>.*/\1/p' "$root/Directory.Build.props")-check.$(date +%s)
libtorch=libtorch-cpu-linux-x64
[ "$(uname -sm)" = 'Linux x86_64' ] || fail "written for Linux x64"

echo "== pack"
dotnet pack "$root/src/Microsoft.ML.PcDarts" -c Release --no-build -p:PackageVersion="$package_version" -o "$work/feed" -v q
package="$work/feed/Microsoft.ML.PcDarts.$package_version.nupkg"
[ -f "$package" ] || fail "$package was not made"
[ -f "${package%.nupkg}.snupkg" ] || fail "no symbol package"
command -v unzip >/dev/null || { apt-get update -q && apt-get install -qy unzip; } >/dev/null
entries=$(unzip -Z1 "$package")
for entry in README.md buildTransitive/Microsoft.ML.PcDarts.targets lib/net10.0/Microsoft.ML.PcDarts.{dll,xml}; do
  grep -qxF "$entry" <<<"$entries" || fail "the package lacks $entry"
done
grep -q '\.pdb$' <<<"$(unzip -Z1 "${package%.nupkg}.snupkg")" || fail "the symbol package lacks the pdb"
nuspec=$(unzip -p "$package" Microsoft.ML.PcDarts.nuspec)
grep -q '<license type="expression">MIT</license>' <<<"$nuspec" || fail "the package lacks its license expression"
grep -q '<readme>README.md</readme>' <<<"$nuspec" || fail "the package lacks its readme"
# Of which commit it is, and, in a build of CI, nothing of the folder that it was built in.
if commit=$(git -C "$root" rev-parse HEAD 2>/dev/null); then
  grep -q "<repository type=\"git\".* commit=\"$commit\"" <<<"$nuspec" || fail "the package does not name commit $commit"
fi
! grep -qF "$root" <<<"$nuspec" || fail "the package names a folder of this machine"
if [ "${CI:-}" = true ]; then
  unzip -p "$package" lib/net10.0/Microsoft.ML.PcDarts.dll >"$work/library.dll"
  ! grep -aqF "$root" "$work/library.dll" || fail "the library names a folder of this machine; build with CI=true and --no-incremental"
fi
for forbidden in libtorch Grpc.Tools Analyzers; do
  ! grep -qi "<dependency id=\"[^\"]*$forbidden" <<<"$nuspec" || fail "the package must not depend on $forbidden"
done

# The package under test is unpacked into a folder of this run; everything else comes from the machine's package folder.
machine=$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')
unset NUGET_PACKAGES
mkdir -p "$work/library" "$work/train" "$work/predict" "$work/batch" "$work/interchange" "$work/photos/new"
cat >"$work/nuget.config" <<EOF
<configuration>
  <config><add key="globalPackagesFolder" value="packages" /></config>
  <fallbackPackageFolders><add key="machine" value="$machine" /></fallbackPackageFolders>
  <packageSources><add key="feed" value="feed" /></packageSources>
</configuration>
EOF

# project NAME TYPE ITEMS...: a project file without anything of this repository.
project() {
  local name=$1 type=$2; shift 2
  cat >"$work/$name/$name.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <OutputType>$type</OutputType>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
    <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
  </PropertyGroup>
  <ItemGroup>
    $*
  </ItemGroup>
</Project>
EOF
}
reference() { echo "<PackageReference Include=\"$1\" Version=\"$(version "$1")\" />"; }
# snippet N [FILE]: the N-th C# block of the README or of another file.
snippet() {
  awk -v n="$1" '/^```/ { inside = ($0 == "```csharp"); if (inside) block++; next } inside && block == n' "$root/${2:-README.md}"
}

project library Library "<PackageReference Include=\"Microsoft.ML.PcDarts\" Version=\"$package_version\" />"
project train Exe '<ProjectReference Include="../library/library.csproj" />' "$(reference $libtorch)"
project predict Exe "$(reference Microsoft.ML)" "$(reference Microsoft.ML.ImageAnalytics)" \
  "$(reference Microsoft.ML.OnnxTransformer)" "$(reference Microsoft.ML.OnnxRuntime)"
project batch Exe "<PackageReference Include=\"Microsoft.ML.PcDarts\" Version=\"$package_version\" />"
project interchange Exe "<PackageReference Include=\"Microsoft.ML.PcDarts\" Version=\"$package_version\" />" "$(reference $libtorch)"
cat >"$work/library/Calculation.cs" <<'EOF'
public static class Calculation
{
    public static float Sum()
    {
        using TorchSharp.torch.Tensor sum = TorchSharp.torch.ones(3).sum();
        return sum.item<float>();
    }
}
EOF
snippet 1 | sed -e 's/TimeSpan.FromMinutes(20)/TimeSpan.FromSeconds(20)/' \
  -e '/^using Microsoft.ML.PcDarts;/a if (args is ["sum"]) { Console.WriteLine(Calculation.Sum()); return; }' >"$work/train/Program.cs"
grep -q 'FromSeconds(20)' "$work/train/Program.cs" && grep -q 'Calculation' "$work/train/Program.cs" ||
  fail "the README's first program has changed its form"
snippet 2 >"$work/predict/Program.cs"
grep -q 'model.zip' "$work/predict/Program.cs" || fail "the README's second program has changed its form"
snippet 3 >"$work/batch/Program.cs"
grep -q 'PcDartsPredictor' "$work/batch/Program.cs" || fail "the README's third program has changed its form"
# The blocks of docs/interchange.md after one another, each with what its text takes for granted before it and a use of its result after it.
interchange() { snippet "$1" docs/interchange.md; }
[ -z "$(interchange 4)" ] || fail "docs/interchange.md has a block that is not compiled here"
cat >"$work/interchange/Program.cs" <<EOF
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts;

var ml = new MLContext(seed: 1);
IDataView few = ml.Data.LoadImageFolder("photos/train");
var read = ml.Transforms.Conversion.MapValueToKey("Label")
    .Append(ml.Transforms.LoadImages("Image", null, "ImagePath")).Fit(few).Transform(few);
using (PcDartsTransformer first = ml.MulticlassClassification.Trainers.PcDarts(PcDartsRecipe.Tiny()).Fit(read))
    first.SaveWeights("weights.safetensors");
{
$(interchange 1)
    using PcDartsTransformer tuned = trainer.Fit(read);
    if (tuned.ClassNames is not ["blue", "red"]) throw new InvalidOperationException("fine-tuned to other classes");
}
{
$(interchange 2)
    if (ml.MulticlassClassification.Evaluate(classifier.Transform(features)).MicroAccuracy < 0.9)
        throw new InvalidOperationException("the features teach nothing");
}
{
    using PcDartsPredictor predictor = PcDartsPredictor.Load("model.zip");
$(interchange 3)
    Console.WriteLine(map.Label);
}
EOF

# bmp FILE RED GREEN BLUE: a picture of 16×16 pixels in one color.
bmp() {
  local pixel pixels='' i
  pixel=$(printf '\\x%02x\\x%02x\\x%02x' "$4" "$3" "$2")
  for ((i = 0; i < 256; i++)); do pixels+=$pixel; done
  local header="BM\x36\x03\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x10\0\0\0\x10\0\0\0\x01\0\x18"
  printf "$header\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0$pixels" >"$1"
}
mkdir -p "$work/photos/train/red" "$work/photos/train/blue"
for ((n = 0; n < 24; n++)); do
  bmp "$work/photos/train/red/$n.bmp" $((130 + 5 * n)) $n 40
  bmp "$work/photos/train/blue/$n.bmp" 40 $n $((130 + 5 * n))
done
cp "$work/photos/train/red/7.bmp" "$work/photos/new.jpg"
cp "$work/photos/train/red/7.bmp" "$work/cat.jpg"
cp "$work/photos/train/red/7.bmp" "$work/photos/new/7.bmp"

cd "$work"
# expect LABEL PATTERN COMMAND...: the command succeeds and its last line matches.
expect() {
  local label=$1 pattern=$2 output; shift 2
  output=$("$@" 2>&1) || fail "$label ended with an error: $output"
  [[ $(tail -n 1 <<<"$output") =~ $pattern ]] || fail "$label printed: $output"
  echo "ok $label"
}
echo "== use"
dotnet build train -c Release -v q
expect "README: train" 'Training [0-9]+/[0-9]+, 0:00:' dotnet run -c Release --no-build --project train
[ -s model.zip ] || fail "training left no model.zip"
expect "README: predict" '^(red|blue) [0-9]+ ?%$' dotnet run -c Release --project predict
[ -z "$(find predict/bin -iname '*torch*')" ] || fail "predicting brought libtorch along"
expect "README: predict many" '^photos/new/7.bmp: (red|blue) [0-9]+ ?%$' dotnet run -c Release --project batch
[ -z "$(find batch/bin -name 'libtorch*')" ] || fail "predicting many brought libtorch along"
expect "docs/interchange.md" '^(red|blue)$' dotnet run -c Release --project interchange
[ -s cat-map.png ] || fail "docs/interchange.md drew no heat map"
dotnet publish train -c Release -o portable -v q
expect "publish, portable" '^3$' dotnet portable/train.dll sum
dotnet publish train -c Release -r linux-x64 --self-contained false -o rid -v q
expect "publish -r linux-x64" '^3$' rid/train sum
dotnet publish train -c Release -r linux-x64 --self-contained false -p:PublishSingleFile=true -o single -v q
expect "publish, single file" '^3$' single/train sum
dotnet build train -c Release --artifacts-path "$work/artifacts" -v q
expect "build, artifacts path" '^3$' "$work/artifacts/bin/train/release/train" sum
dotnet publish "$root/src/Samples/PcDarts.Cli" -c Release -r linux-x64 --self-contained false -p:PublishSingleFile=true -o "$work/cli" -v q
expect "publish, the command line as a single file" '^\{.*"model":"/.*\}$' \
  "$work/cli/PcDarts.Cli" fit --train "$work/photos/train" --recipe tiny --out "$work/run" --json
echo "check-package: the package works"
