set -ex
export PATH=$PATH:/root/.npm-global/bin
npm config set registry https://repo.huaweicloud.com/repository/npm/
npm config set disturl https://repo.huaweicloud.com/nodejs
npm config set sass_binary_site https://repo.huaweicloud.com/node-sass/
npm ci --no-audit --prefer-offline
npm run lint -- --max-warnings=0
npm run build -- --mode "${mode}"
tar -zcf "dist-${BUILDNUMBER}.tar.gz" dist/
# parameters: mode
