#!/usr/bin/env bash
# Draws docs/images/rooms.svg, the rooms of the library and what they use, from the built assembly. A test holds the picture to the code.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PCDARTS_REDRAW_ROOMS=1 dotnet test test/Microsoft.ML.PcDarts.Tests -c Release \
  --filter FullyQualifiedName~ArchitectureTests.Picture_OfTheRooms_IsWhatTheCodeGives
echo "docs/images/rooms.svg: $(git status --short docs/images/rooms.svg | cut -c1-2 | grep . || echo unchanged)"
