#!/bin/sh
# Fetch the chart library of the report from npm: `make vendor`. The files are kept under version control, so
# that neither installation nor a report ever needs the network.
set -eu
version=1.6.32
assets=$(CDPATH='' cd -- "$(dirname -- "$0")/../forecaster/reporting/assets" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm pack --silent "uplot@$version" >/dev/null
tar -xzf "uplot-$version.tgz"
cp package/dist/uPlot.iife.min.js package/dist/uPlot.min.css "$assets/"
cp package/LICENSE "$assets/uPlot.LICENSE"
echo "uPlot $version in $assets"
