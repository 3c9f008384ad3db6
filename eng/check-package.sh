#!/usr/bin/env bash
# Packs the library and uses the package as a stranger would: in a folder outside the repository, a console program that gets it through
# a class library, with libtorch of its own, built, run and published. Needs a Release build of the library.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
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
for entry in README.md buildTransitive/Microsoft.ML.PcDarts.targets lib/net10.0/Microsoft.ML.PcDarts.dll lib/net10.0/Microsoft.ML.PcDarts.xml; do
  grep -qxF "$entry" <<<"$entries" || fail "the package lacks $entry"
done
grep -q '\.pdb$' <<<"$(unzip -Z1 "${package%.nupkg}.snupkg")" || fail "the symbol package lacks the pdb"
nuspec=$(unzip -p "$package" Microsoft.ML.PcDarts.nuspec)
grep -q '<license type="expression">MIT</license>' <<<"$nuspec" || fail "the package lacks its licence expression"
grep -q '<readme>README.md</readme>' <<<"$nuspec" || fail "the package lacks its readme"
for forbidden in libtorch Grpc.Tools Analyzers; do
  ! grep -qi "<dependency id=\"[^\"]*$forbidden" <<<"$nuspec" || fail "the package must not depend on $forbidden"
done

# The package under test is unpacked into a folder of this run; everything else comes from the machine's package folder.
machine=$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')
unset NUGET_PACKAGES
mkdir -p "$work/library" "$work/app"
cat >"$work/nuget.config" <<EOF
<configuration>
  <config><add key="globalPackagesFolder" value="packages" /></config>
  <fallbackPackageFolders><add key="machine" value="$machine" /></fallbackPackageFolders>
  <packageSources><add key="feed" value="feed" /></packageSources>
</configuration>
EOF
cat >"$work/library/Library.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.ML.PcDarts" Version="$package_version" /></ItemGroup>
</Project>
EOF
cat >"$work/library/Calculation.cs" <<'EOF'
public static class Calculation
{
    public static float Run()
    {
        using TorchSharp.torch.Tensor sum = TorchSharp.torch.ones(3).sum();
        return sum.item<float>();
    }

    public static int Nodes => Microsoft.ML.PcDarts.KnownGenotypes.PcDartsCifar.Nodes;
}
EOF
cat >"$work/app/App.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <OutputType>Exe</OutputType>
    <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
    <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
  </PropertyGroup>
  <ItemGroup>
    <ProjectReference Include="../library/Library.csproj" />
    <PackageReference Include="$libtorch" Version="$(version $libtorch)" />
  </ItemGroup>
</Project>
EOF
echo 'System.Console.WriteLine($"sum {Calculation.Run()} nodes {Calculation.Nodes}");' >"$work/app/Program.cs"
expected='sum 3 nodes 4'

cd "$work/app"
expect() { # label, command...
  local label=$1 output; shift
  output=$("$@" 2>&1) || fail "$label ended with an error: $output"
  [ "$(tail -n 1 <<<"$output")" = "$expected" ] || fail "$label printed: $output"
  echo "ok $label"
}
echo "== use"
expect "dotnet run" dotnet run -c Release
dotnet publish -c Release -o "$work/portable" -v q
expect "publish, portable" dotnet "$work/portable/App.dll"
dotnet publish -c Release -r linux-x64 --self-contained false -o "$work/rid" -v q
expect "publish -r linux-x64" "$work/rid/App"
dotnet publish -c Release -r linux-x64 --self-contained false -p:PublishSingleFile=true -o "$work/single" -v q
expect "publish, single file" "$work/single/App"
echo "check-package: the package works"
