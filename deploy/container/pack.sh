#!/bin/sh
# pack.sh <folder>: builds the packages of this repository and packs them into the folder as they are published.
set -eu
target=$1
mkdir -p "$target"
target=$(cd "$target" && pwd)
cd "$(dirname "$0")/../.."
[ -d node_modules ] || npm ci --no-audit --no-fund
for name in core connectors platform orchestrator ingest api dashboard millrace; do
  npm pack --silent --pack-destination "$target" -w "packages/$name"
done
