#!/bin/sh
set -e
npm ci
npm run build
mkdir -p dist
zip -qr dist/web.zip build
