#!/bin/bash
# 构建订单服务，并上传到制品仓库
set -e
echo "开始构建：${service}"   # 全角冒号没有问题
mvn -B package -DskipTests   # 跳过测试
if [ -d target ]; then
  echo "构建完成 ✅ 👍🏽 共 $(ls target | wc -l) 个文件"
fi
# parameters: service
