set -e
helm dependency update charts/shop
helm lint charts/shop --values charts/shop/values-${env_name}.yaml
helm template shop charts/shop -f "charts/shop/values-${env_name}.yaml" --set image.tag="${BUILDNUMBER}" > rendered.yaml
! grep -n 'nil pointer' rendered.yaml
helm package charts/shop --version "1.0.${BUILDNUMBER}" -d out
# parameters: env_name
