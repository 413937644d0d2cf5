#!/bin/bash
set -e
curl -f "http://localhost:8080/${HEALTH}" # ${{ is left alone here
