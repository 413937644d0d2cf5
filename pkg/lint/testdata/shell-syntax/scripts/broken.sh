#!/bin/bash
set -e
echo "订单
