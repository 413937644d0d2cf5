#!/bin/sh
set -e
npm ci
npm test
npm run build
mkdir -p dist
zip -qr dist/pages.zip build
